"""What a program may write to a marketplace: once per idempotency key, and as a row of the outbox."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from catalog import sinks as catalog
from catalog.models import Listing
from config.core.money import Money
from config.core.permissions import Role
from inventory import sinks
from inventory.models import Order
from marketplaces import registry
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.canonical import Listing as Told
from marketplaces.contract import Capability
from marketplaces.models import Command, InboxEvent
from tests import factories
from tests.api.test_writes import post
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(north, noon):
    return factories.account(stage="act")


@pytest.fixture
def mug(shop):
    told = Told(
        external_id="A1", channel=shop.stores[0], sku="MUG-BLUE", title="Blue mug", status=ListingStatus.ACTIVE,
        price=Money(Decimal("19.95"), "EUR"), quantity=7, changed_at=NOON, fulfilment=Fulfilment.MERCHANT,
    )  # fmt: skip
    catalog.listings([told], factories.source(shop, "listings"))
    return f"listings/{Listing.objects.get().pk}"


@pytest.fixture
def order(shop):
    """Two units in one line, to ship."""
    told = factories.order(channel=shop.stores[0], ordered_at=NOON - timedelta(hours=1))
    sinks.orders([told], factories.source(shop))
    return f"orders/{Order.objects.get().pk}"


def refused(answer):
    return answer.status_code, answer.json()["error"]["message"]


def test_it_writes_a_price_and_answers_the_write(program, mug):
    answer = post(program("write"), f"{mug}/price", {"price": "12.30", "currency": "EUR"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["kind"], told["state"], told["subject"], told["asked_by"]) == (
        "set_price", "planned", "sku:MUG-BLUE", "token robot",
    )  # fmt: skip
    assert told["payload"] == {"sku": "MUG-BLUE", "external_id": "A1", "price": "12.30", "currency": "EUR"}
    assert program("read", name="reader").get(f"/api/v1/commands/{told['id']}/").json()["key"] == told["key"]


def test_it_writes_a_quantity_and_answers_the_write(program, mug):
    told = post(program("write"), f"{mug}/quantity", {"quantity": 17}).json()
    assert (told["kind"], told["payload"]["quantity"], told["payload"]["external_id"]) == ("set_stock", 17, "A1")


def test_it_cancels_units_and_answers_the_write(program, shop, order):
    shop.marketplace = registry.with_capability(Capability.CANCEL_UNITS)[0].key
    shop.save()
    robot, given = program("write"), {"reason": "out_of_stock", "lines": {"L1": 1}}
    told = post(robot, f"{order}/cancellation", given).json()
    assert (told["kind"], told["subject"], told["payload"]["cancelled_in_all"]) == (
        "cancel_units",
        "order:O-1",
        {"L1": 1},
    )
    assert post(robot, f"{order}/cancellation", {**given, "reason": "no"}).status_code == 400


def test_it_tells_a_parcel_and_answers_the_write(program, order):
    given = {"carrier": "DHL", "tracking_number": "00340434161094022115", "lines": {"L1": 1}}
    told = post(program("write"), f"{order}/shipment", given).json()
    assert (told["kind"], told["subject"]) == ("confirm_shipment", "order:O-1")
    assert told["payload"] == {
        **given,
        "external_id": "O-1",
        "carrier_code": "DHL",
        "shipped_at": NOON.isoformat(),
        "shipped_in_all": {"L1": 1},
    }


def test_it_corrects_the_number_of_a_parcel_once_the_marketplace_shows_it(program, order):
    robot = program("write")
    given = {"carrier": "DHL", "tracking_number": "00340434161094022115"}
    told = post(robot, f"{order}/shipment", {**given, "lines": {"L1": 1}}, key="k-1").json()
    better = {"write": told["id"], "carrier": "DHL", "tracking_number": "340434161092"}
    assert refused(post(robot, f"{order}/tracking", better, key="k-2")) == (
        422, "wait until the marketplace shows the parcel; then its number can be corrected",
    )  # fmt: skip
    Command.objects.update(state="confirmed")
    correction = post(robot, f"{order}/tracking", better, key="k-3").json()
    assert (correction["kind"], correction["subject"]) == ("correct_tracking", "order:O-1")
    payload = correction["payload"]
    assert (payload["parcel"], payload["was"], payload["tracking_number"]) == (
        told["key"], ["00340434161094022115"], "340434161092",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("act", "given"),
    [
        ("price", {"price": "12.30", "currency": "EUR"}),
        ("quantity", {"quantity": 17}),
        ("shipment", {"carrier": "DHL", "lines": {"L1": 1}}),
    ],
)
def test_it_writes_once_per_key_and_anew_with_another(program, mug, order, act, given):
    robot, at = program("write"), f"{order if act == 'shipment' else mug}/{act}"
    first, again = post(robot, at, given, key="k-1"), post(robot, at, given, key="k-1")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert Command.objects.count() == 1
    assert post(robot, at, given, key="k-2").json()["key"] != first.json()["key"]
    assert Command.objects.count() == 2


def test_ten_then_nine_then_ten_again_are_three_writes(program, mug):
    robot = program("write")
    for number, price in enumerate(("10.00", "9.00", "10.00")):
        post(robot, f"{mug}/price", {"price": price, "currency": "EUR"}, key=f"k-{number}")
    found = Command.objects.order_by("pk").values_list("payload__price", "state")
    assert list(found) == [("10.00", "superseded"), ("9.00", "superseded"), ("10.00", "planned")]


@pytest.mark.parametrize(
    "given",
    [
        {}, {"price": "12.30"}, {"price": 12.3, "currency": "EUR"}, {"price": "-1", "currency": "EUR"},
        {"price": "1e3", "currency": "EUR"}, {"price": "12.30", "currency": "eur"},
    ],
)  # fmt: skip
def test_it_refuses_a_price_that_is_not_exact_text_with_a_currency(program, mug, given):
    assert post(program("write"), f"{mug}/price", given).status_code == 400
    assert not Command.objects.exists()


def test_it_refuses_what_cannot_be_written_with_the_reason(program, mug, order, shop):
    robot = program("write")
    wrong = post(robot, f"{mug}/price", {"price": "12.30", "currency": "USD"}, key="k-1")
    assert refused(wrong) == (422, "MUG-BLUE is sold in EUR, not in USD")
    many = post(robot, f"{order}/shipment", {"carrier": "DHL", "lines": {"L1": 3}}, key="k-2")
    assert refused(many) == (422, "line L1: 3 units are more than the 2 left to ship")
    Listing.objects.update(fulfilment="marketplace")
    pool = post(robot, f"{mug}/quantity", {"quantity": 1}, key="k-3")
    assert refused(pool) == (
        422, "MUG-BLUE ships from the marketplace's warehouses: that stock is read, never written",
    )  # fmt: skip
    shop.stage = "propose"
    shop.save()
    held = post(robot, f"{mug}/price", {"price": "12.30", "currency": "EUR"}, key="k-4")
    assert refused(held) == (422, "Shop is set to propose: nothing is written there until it is set to act")
    assert not Command.objects.exists()


@pytest.mark.parametrize("scope", ["read", "tickets", "replay", "sync", "finance", "catalog"])
def test_no_other_scope_writes_to_a_marketplace(program, mug, order, scope):
    robot = program(scope)
    for at, given in (
        (f"{mug}/price", {"price": "12.30", "currency": "EUR"}), (f"{mug}/quantity", {"quantity": 1}),
        (f"{order}/shipment", {"carrier": "DHL", "lines": {"L1": 1}}),
    ):  # fmt: skip
        assert post(robot, at, given).status_code == 403
    assert not Command.objects.exists()


def test_a_person_needs_the_role_too(person, mug):
    client = person(Role.VIEWER)
    client.handler.enforce_csrf_checks = False
    assert post(client, f"{mug}/price", {"price": "12.30", "currency": "EUR"}).status_code == 403
    assert not Command.objects.exists()


def test_it_sends_a_refused_write_again_and_says_who_wanted_it(program, mug):
    robot = program("write")
    command = post(robot, f"{mug}/quantity", {"quantity": 17}).json()
    at = f"commands/{command['id']}/retry"
    assert refused(post(robot, at, {"reason": "typo"})) == (
        422, "this write is planned; only a refused or parked one is sent again",
    )  # fmt: skip
    Command.objects.update(state="rejected", reason="no")
    told = post(robot, at, {"reason": "they fixed it"}).json()
    assert (told["state"], told["reason"]) == ("planned", "sent again by token robot: they fixed it")


def test_it_applies_a_failed_event_again(program, shop):
    event = InboxEvent.objects.create(
        account=shop, event_id="E1", kind="order", body=b"{}", received_at=NOON, state="failed", error="broken"
    )
    told = post(program("replay"), f"events/{event.pk}/retry", {"reason": "mapped now"}).json()
    assert (told["state"], told["error"]) == ("received", "applied again by token robot: mapped now")
