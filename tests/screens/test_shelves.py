"""Our own shelves on screens and over the API: levels, moves, reservations, shortages, rules, counts."""

import pytest
from django.test import Client

from catalog.models import Sku
from config.api import tokens
from config.core.permissions import Role
from inventory import sinks
from inventory.models import AllocationRule, Feed, Holding, MoveKind, Return, StockCount, Warehouse
from inventory.services import allocation, stock
from inventory.services.stock import Move
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(shop):
    """Three mugs on a shelf that feeds the shop, of which one order wants two and another two more."""
    found = Warehouse.objects.create(code="berlin", label="Berlin", pool="merchant", fulfilment="merchant")
    allocation.feed(shop, found, starts_at=factories.NOON)
    sku = Sku.objects.get()
    stock.move([Move(warehouse_id=found.pk, sku_id=sku.pk, kind=MoveKind.OPENING, quantity=3, key="o")], by="olga")
    sinks.orders([factories.order("O-1"), factories.order("O-2")], factories.source(shop))
    return found


def cells(answer):
    return [[cell["value"] for cell in row["cells"]] for row in answer.context["rows"]]


def test_it_shows_levels_moves_reservations_and_shortages(owner, house, budget):
    with budget("shelves"):
        answer = owner.get("/stock/shelves/")
    assert cells(answer)[0][3:] == [3, 3, 0]
    with budget("shelf_moves"):
        answer = owner.get("/stock/moves/?q=MUG")
    assert [row[3:5] for row in cells(answer)] == [["Opening", "+3"]]
    with budget("reservations"):
        answer = owner.get("/stock/reservations/?is_held=true")
    assert sorted((row[0], row[4]) for row in cells(answer)) == [("O-1", 2), ("O-2", 1)]
    with budget("shortages"):
        answer = owner.get("/stock/shortages/?is_open=true")
    assert [(row[0], row[3], row[6]) for row in cells(answer)] == [("O-2", 1, "open")]


def test_it_sets_and_lifts_a_rule_and_switches_writing_on(owner, house, budget):
    said = {"action": "set", "kind": "maximum", "value": "5", "sku": "MUG-BLUE"}
    answer = owner.post("/stock/allocation/", said, follow=True)
    assert "Offer at most: 5, for MUG-BLUE" in answer.content.decode()
    with budget("allocation"):
        owner.get("/stock/allocation/")
    row = AllocationRule.objects.get()
    owner.post("/stock/allocation/", {"action": "lift", "pk": row.pk})
    assert AllocationRule.objects.count() == 0
    owner.post("/stock/allocation/", {"action": "feed", "feed": Feed.objects.get().pk, "publishes": "on"})
    assert Feed.objects.get().is_publishing
    answer = owner.post("/stock/allocation/", {**said, "sku": "NO-SUCH"}, follow=True)
    assert "no SKU is called NO-SUCH" in answer.content.decode()


def test_it_takes_a_count_and_has_a_second_person_agree(owner, house, budget):
    said = {"action": "propose", "warehouse": "berlin", "lines": "MUG-BLUE 90"}
    assert "a second person must agree" in owner.post("/stock/counts/", said, follow=True).content.decode()
    made = StockCount.objects.get()
    with budget("counts"):
        owner.get("/stock/counts/")
    with budget("count"):
        owner.get(f"/stock/counts/{made.pk}/")
    answer = owner.post(f"/stock/counts/{made.pk}/", {"action": "approve"}, follow=True)
    assert "whoever counted cannot agree" in answer.content.decode()
    owner.post(f"/stock/counts/{made.pk}/", {"action": "reject", "reason": "mixed up"})
    assert (StockCount.objects.get().state, Holding.objects.get().on_hand) == ("rejected", 3)
    answer = owner.post("/stock/counts/", {**said, "lines": "MUG-BLUE many"}, follow=True)
    assert "a SKU and a whole number" in answer.content.decode()


def test_it_lets_a_viewer_change_nothing(sign_in, house):
    viewer = sign_in(Role.VIEWER)
    assert viewer.get("/stock/allocation/").status_code == 200
    for address, action in (("allocation", "set"), ("counts", "propose")):
        assert viewer.post(f"/stock/{address}/", {"action": action}).status_code == 403


@pytest.fixture
def partner(house):
    _, text = tokens.issue("warehouse", ["read", "catalog"])
    return Client(headers={"host": "north.localhost", "authorization": f"Bearer {text}"})


def post(client, address, body, key=""):
    headers = {"idempotency-key": key} if key else {}
    return client.post(f"/api/v1/{address}/", body, "application/json", headers=headers)


def test_it_takes_a_partners_moves_once(partner):
    move = {"warehouse": "berlin", "sku": "MUG-BLUE", "kind": "receipt", "quantity": 4, "key": "delivery 9"}
    body = {"moves": [move]}
    assert post(partner, "stock-moves/record", body, "k1").json() == {"recorded": 1}
    assert post(partner, "stock-moves/record", body, "k1").json() == {"recorded": 1}
    assert post(partner, "stock-moves/record", body, "k2").json() == {"recorded": 0}
    assert partner.get("/api/v1/holdings/").json()["results"][0]["on_hand"] == 7
    shown = partner.get("/api/v1/shortages/?is_open=true").json()["results"]
    assert shown == []
    refused = post(partner, "stock-moves/record", {"moves": [{**move, "kind": "restock", "key": "x"}]})
    assert (refused.status_code, Holding.objects.get().on_hand) == (422, 7)


def test_it_takes_a_partners_count_rule_and_feed(partner, shop):
    made = post(partner, "stock-counts/propose", {"warehouse": "berlin", "lines": {"MUG-BLUE": 9}}).json()
    assert (made["state"], made["lines"][0]["difference"]) == ("applied", 6)
    rule = post(partner, "allocation-rules/set", {"kind": "safety", "value": 2, "account": shop.key}).json()
    assert (rule["kind"], rule["value"], rule["account"]) == ("safety", 2, shop.key)
    assert post(partner, f"allocation-rules/{rule['id']}/lift", {}).status_code == 204
    fed = post(partner, "stock-feeds/set", {"account": shop.key, "warehouse": "berlin", "is_publishing": True}).json()
    assert fed["is_publishing"] is True


def test_a_return_is_put_back_on_a_shelf_or_kept_out(owner, house, budget):
    sku = Sku.objects.get()
    found = Return.objects.create(
        account=Feed.objects.get().account, external_id="R1", order_ref="O-1", remote_id="MUG-BLUE", sku=sku, quantity=3,
        fulfilment="merchant", returned_at=factories.NOON,
    )  # fmt: skip
    with budget("returns"):
        answer = owner.get("/returns/")
    assert answer.context["rows"][0]["href"] == f"/returns/{found.pk}/"
    address = f"/returns/{found.pk}/"
    answer = owner.post(
        address, {"action": "restock", "units": "2", "warehouse": "berlin", "reason": "sellable"}, follow=True
    )
    assert "2 units are back on the shelf of Berlin" in answer.content.decode()
    answer = owner.post(address, {"action": "keep_out", "units": "1", "reason": "damaged"}, follow=True)
    assert "1 units are kept out: damaged" in answer.content.decode()
    answer = owner.post(address, {"action": "keep_out", "units": "1", "reason": "damaged"}, follow=True)
    assert "0 of 3 units are not looked at yet, not 1" in answer.content.decode()
    assert Holding.objects.get().on_hand == 5
    with budget("return"):
        page = owner.get(address).content.decode()
    assert "back in Berlin" in page
    assert "Back to the shelf" not in page


def test_a_program_puts_returned_goods_back(partner, house):
    found = Return.objects.create(
        account=Feed.objects.get().account, external_id="R1", order_ref="O-1", remote_id="MUG-BLUE", sku=Sku.objects.get(),
        quantity=1, fulfilment="merchant", returned_at=factories.NOON,
    )  # fmt: skip
    given = {"units": 1, "reason": "sellable", "warehouse": "berlin"}
    assert post(partner, f"returns/{found.pk}/check", given, "k9").status_code == 200
    assert Holding.objects.get().on_hand == 4
