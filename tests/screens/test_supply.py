"""Cover, proposals with their cash need, goods on their way, and all stock of one SKU."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from catalog.models import Sku
from catalog.services import products
from config.core.permissions import Role
from finance.models import Cost
from inventory.models import Coverage, Holding, InboundShipment, MoveKind, StockDay, StorageRate, Warehouse
from inventory.services import stock
from inventory.services.stock import Move
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
D = Decimal


@pytest.fixture
def main(shop):
    house = Warehouse.objects.create(code="main", label="Main", pool="merchant", fulfilment="merchant")
    sku = Sku.objects.get(code="MUG-BLUE")
    moves = [
        Move(
            warehouse_id=house.pk,
            sku_id=sku.pk,
            kind=kind,
            quantity=units,
            key=str(days),
            happened_at=NOON - days * DAY,
        )
        for days, kind, units in ((200, MoveKind.OPENING, 20), (40, MoveKind.RECEIPT, 30), (1, MoveKind.SHIPMENT, -5))
    ]
    stock.move(moves, by="me")
    return house


DAY = timedelta(days=1)


def proposed(code="MUG-BLUE", units=276, **changes):
    sku = Sku.objects.filter(code=code).first() or products.create(code=code, title=code)
    values = {"state": "short", "days": D(9), "velocity": D(4), "lead_days": 20, "computed_at": NOON, **changes}
    return Coverage.objects.create(sku=sku, proposed=units, **values)


def cost(row, landed, currency="EUR", **changes):
    values = {"valid_from": TODAY - 9 * DAY, "known_at": NOON - DAY, "source": "list", "entered_by": "me", **changes}
    return Cost.objects.create(sku=row.sku, currency=currency, purchase=D(landed), **values)


def cells(answer):
    return [{cell["column"].label: cell["value"] for cell in row["cells"]} for row in answer.context["rows"]]


def test_it_lists_what_runs_out_first(owner, shop):
    proposed("VASE", days=D(40), state="low")
    proposed("CUP", days=None, why="no_demand", state="no_demand", units=None)
    proposed()
    rows = cells(owner.get("/coverage/"))
    assert [(row["SKU"], row["Lasts, days"]) for row in rows] == [
        ("MUG-BLUE", D("9.0")), ("VASE", D("40.0")), ("CUP", "nothing is sold"),
    ]  # fmt: skip
    assert [row["SKU"] for row in cells(owner.get("/coverage/?state=low&pool=own"))] == ["VASE"]


def test_it_tells_the_cash_need_in_the_currency_of_the_cost(owner, shop):
    first, second = proposed(), proposed("VASE", 100, transfer=40, days=D(12))
    proposed("CUP", 5, days=D(30))
    cost(first, "2.50")
    cost(first, "9.99", valid_from=TODAY - 30 * DAY)
    cost(second, "3.00", "USD")
    answer = owner.get("/replenishment/")
    assert [str(row["Cash need"]) for row in cells(answer)] == ["690.00 EUR", "180.00 USD", "None"]
    assert [str(money) for money in answer.context["cash"]] == ["690.00 EUR", "180.00 USD"]
    assert (answer.context["proposals"], answer.context["without_cost"]) == (3, 1)


def test_it_plans_what_is_ticked(owner, main):
    row = proposed()
    answer = owner.post("/replenishment/", {"action": "approve", "pk": [row.pk]}, follow=True)
    assert "Planned: purchase PO-" in answer.content.decode()
    (shipment,) = InboundShipment.objects.all()
    assert (shipment.destination, shipment.state, shipment.lines.get().quantity) == (main, "planned", 276)
    assert cells(owner.get("/replenishment/")) == []


def test_a_viewer_plans_and_receives_nothing(sign_in, main):
    row = proposed()
    viewer = sign_in(Role.VIEWER)
    assert viewer.post("/replenishment/", {"action": "approve", "pk": [row.pk]}).status_code == 403
    assert viewer.get("/inbound/new/").status_code == 403
    assert InboundShipment.objects.count() == 0


def test_a_shipment_is_written_down_ordered_and_received(owner, main):
    sku = Sku.objects.get(code="MUG-BLUE")
    form = {"action": "plan", "destination": "main", "supplier": "Kiln", "lines": "MUG-BLUE 12\nNOPE 3"}
    assert "no SKU is called NOPE" in owner.post("/inbound/new/", form, follow=True).content.decode()
    owner.post("/inbound/new/", {**form, "lines": "MUG-BLUE 12"})
    shipment = InboundShipment.objects.get()
    address = f"/inbound/{shipment.pk}/"
    owner.post(address, {"action": "order", "expected_on": "2026-10-20"})
    for _ in range(2):
        owner.post(address, {"action": "receive", "key": "k1", f"units-{sku.pk}": "7"})
    shipment.refresh_from_db()
    assert (shipment.state, str(shipment.expected_on), shipment.lines.get().received) == ("receiving", "2026-10-20", 7)
    assert Holding.objects.get(sku=sku).on_hand == 45 + 7
    assert [row["Received"] for row in cells(owner.get("/inbound/?sku=MUG-BLUE"))] == [7]


def test_it_shows_all_stock_of_a_sku_with_its_age_and_history(owner, main):
    row = proposed()
    StockDay.objects.create(sku=row.sku, day=TODAY - DAY, on_hand=45, available=45, in_stock=1, counted_to=NOON)
    answer = owner.get("/stock/of/MUG-BLUE/")
    ages = {bar["label"]: bar["units"] for bar in answer.context["ages"]["bars"] if bar["units"]}
    assert ages == {"31 to 60 days": 30, "181 to 210 days": 15}
    (series,) = answer.context["history"]
    assert (series.label, series.values) == ("our own places", {TODAY - DAY: D(45)})
    assert "units will be old enough then" in answer.content.decode()
    assert answer.context["ages"]["forecast"].charged == 0, "the old 15 are sold by then, 4 a day"
    assert owner.get("/stock/of/NOPE/").status_code == 404


@pytest.mark.parametrize("path", ["coverage", "replenishment", "inbound", "stock/of/MUG-BLUE"])
def test_every_page_of_supply_keeps_its_budget(owner, main, budget, path):
    proposed()
    proposed("VASE")
    owner.get(f"/{path}/")
    with budget(path):
        assert owner.get(f"/{path}/").status_code == 200


def test_it_enters_corrects_and_takes_away_what_a_place_charges_by_age(owner, main, budget):
    said = {"action": "enter", "pool": "own", "from_day": "181", "rate": "0.40", "currency": "eur", "unit": "piece",
            "valid_from": "2026-01-01"}  # fmt: skip
    answer = owner.post("/storage-rates/", said, follow=True)
    assert "our own places: 0.40 EUR per piece from day 181, valid from 2026-01-01" in answer.content.decode()
    owner.post("/storage-rates/", {**said, "rate": "0.50"})
    with budget("storage_rates"):
        answer = owner.get("/storage-rates/?pool=own")
    assert [(row["Place"], row["Age"], row["Rate"], row["Per"]) for row in cells(answer)] == [
        ("our own places", "from day 181", "0.5 EUR", "piece"),
    ]  # fmt: skip
    owner.post("/storage-rates/", {"action": "take_away", "pk": StorageRate.objects.get().pk})
    assert not StorageRate.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from_day": "180"}, "a band of age begins on day"), ({"rate": "-1"}, "a rate is from 0"),
        ({"rate": "NaN"}, "give the rate as a number"), ({"currency": "EURO"}, "not an ISO 4217 currency code"),
        ({"valid_from": "soon"}, "from which day on"), ({"unit": "box"}, "choose what the rate counts"),
        ({"pool": "nowhere"}, "no place is called"),
    ],
)  # fmt: skip
def test_it_refuses_a_rate_that_says_nothing_with_the_reason(owner, shop, wrong, said):
    given = {"action": "enter", "pool": "own", "from_day": "181", "rate": "0.40", "currency": "EUR", "unit": "piece",
             "valid_from": "2026-01-01", **wrong}  # fmt: skip
    assert said in owner.post("/storage-rates/", given, follow=True).content.decode()
    assert not StorageRate.objects.exists()


def test_only_those_who_plan_supply_enter_rates(sign_in, shop):
    viewer = sign_in(Role.VIEWER)
    assert viewer.get("/storage-rates/").status_code == 200
    assert viewer.post("/storage-rates/", {"action": "enter"}).status_code == 403


def test_the_page_of_a_skus_stock_tells_what_the_next_day_of_charging_costs(owner, main):
    proposed(velocity=D("0"))
    page = owner.get(reverse("stock_of", args=["MUG-BLUE"]))
    assert page.context["ages"]["charge"] == ("nothing", "no rate is entered for our own places")
    StorageRate.objects.create(
        from_day=181, valid_from=TODAY, rate=D("0.40"), currency="EUR", unit="piece", warehouse=None
    )
    page = owner.get(reverse("stock_of", args=["MUG-BLUE"]))
    assert page.context["ages"]["charge"] == ("6.00 EUR", "")
    assert 'that costs 6.00 EUR by the <a href="/storage-rates/">storage rates</a>' in page.content.decode()
