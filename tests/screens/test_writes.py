"""The forms that write to a marketplace: on a listing's page and on an order's."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages

from catalog import sinks as catalog
from catalog.models import Listing
from config.core import tenancy
from config.core.models import WorkItem
from config.core.money import Money
from config.core.permissions import Role
from inventory.models import Order
from marketplaces import registry
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.canonical import Listing as Told
from marketplaces.contract import Capability
from marketplaces.models import Command, InboxEvent
from marketplaces.services import accounts
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


@pytest.fixture
def mug(shop):
    told = Told(
        external_id="A1", channel=shop.stores[0], sku="MUG-BLUE", title="Blue mug", status=ListingStatus.ACTIVE,
        price=Money(Decimal("19.95"), "EUR"), quantity=7, changed_at=NOON, fulfilment=Fulfilment.MERCHANT,
    )  # fmt: skip
    catalog.listings([told], factories.source(shop, "listings"))
    return Listing.objects.get()


def post(client, address, action, **fields):
    answer = client.post(address, {"action": action, "request_id": str(uuid4()), **fields})
    return answer, [str(message) for message in get_messages(answer.wsgi_request)][-1:]


def price(client, listing, told, **fields):
    return post(client, f"/listings/{listing.pk}/", "set_price", price=told, currency="EUR", **fields)


def test_it_writes_a_price_from_the_page_of_the_listing_and_shows_what_becomes_of_it(owner, acting, mug):
    answer, said = price(owner, mug, "12.30")
    assert answer.status_code == 302
    assert said == ["12.30 EUR is on its way; it counts when the marketplace shows it"]
    command = Command.objects.get()
    assert (command.kind, command.asked_by, command.channel) == ("set_price", "owner", mug.channel)
    assert WorkItem.objects.get(job="marketplaces.send_command").kwargs == {"command_id": command.pk}
    Command.objects.update(state="rejected", reason="below your minimum")
    text = owner.get(f"/listings/{mug.pk}/").content.decode()
    assert "Set price: 12.30 EUR" in text
    assert "below your minimum" in text
    assert f'href="/sync/commands/{command.pk}/"' in text


def test_it_writes_a_quantity_from_the_page_of_the_listing(owner, acting, mug):
    _, said = post(owner, f"/listings/{mug.pk}/", "set_stock", quantity="17")
    assert said == ["17 units are on their way; they count when the marketplace shows them"]
    assert Command.objects.get().payload["quantity"] == 17


def test_a_form_that_is_sent_twice_is_one_write_and_a_form_of_its_own_is_another(owner, acting, mug):
    request_id = str(uuid4())
    for _ in range(2):
        price(owner, mug, "12.30", request_id=request_id)
    assert Command.objects.count() == 1
    _, said = price(owner, mug, "11.00", request_id=request_id)
    assert said == ["this request wrote something else already; open the page again and repeat it"]
    price(owner, mug, "12.30")
    assert Command.objects.count() == 2


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", "say the new price"),
        ("cheap", "'cheap' is not a price; write it like 12.30"),
        ("0", "a price must be above zero and below 1000000000"),
        ("1e400000", "'1e400000' is not a price; write it like 12.30"),
        ("9.999", "a price in EUR has no parts smaller than 0.01"),
    ],
)
def test_it_says_why_a_price_is_not_written(owner, acting, mug, told, why):
    assert price(owner, mug, told)[1] == [why]
    assert not Command.objects.exists()


@pytest.mark.parametrize("told", ["-1", "1.5", "9" * 10, "many"])
def test_it_says_why_a_quantity_is_not_written(owner, acting, mug, told):
    assert post(owner, f"/listings/{mug.pk}/", "set_stock", quantity=told)[1] == [f"{told!r} is not a count of units"]
    assert not Command.objects.exists()


def test_it_offers_no_form_and_writes_nothing_where_the_account_only_watches(owner, shop, mug):
    text = owner.get(f"/listings/{mug.pk}/").content.decode()
    assert "The account is set to observe" in text
    assert 'value="set_price"' not in text
    _, said = price(owner, mug, "12.30")
    assert said == ["Shop is set to observe: nothing is written there until it is set to act"]
    assert not Command.objects.exists()


def test_it_says_that_writes_wait_while_the_account_is_stopped(owner, acting, mug):
    accounts.pause(acting, reason="stock-taking")
    price(owner, mug, "12.30")
    text = owner.get(f"/listings/{mug.pk}/").content.decode()
    assert "Writes wait until the account is resumed: stock-taking." in text
    assert Command.objects.get().state == "planned"


def test_it_offers_no_quantity_where_the_marketplace_ships(owner, acting, mug):
    Listing.objects.update(fulfilment="marketplace")
    text = owner.get(f"/listings/{mug.pk}/").content.decode()
    assert ('value="set_price"' in text, 'value="set_stock"' in text) == (True, False)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.FINANCE, Role.ADS])
def test_only_operations_and_owners_write_to_a_marketplace(sign_in, acting, mug, sell, role):
    sell("O-1", channel=acting.stores[0])
    client, order = sign_in(role), Order.objects.get()
    for address, action in (
        (f"/listings/{mug.pk}/", "set_price"), (f"/listings/{mug.pk}/", "set_stock"),
        (f"/orders/{order.pk}/", "confirm_shipment"),
    ):  # fmt: skip
        assert f'value="{action}"' not in client.get(address).content.decode()
        assert client.post(address, {"action": action, "request_id": str(uuid4())}).status_code == 403
    assert not Command.objects.exists()


def test_operations_see_every_form(sign_in, acting, mug, sell):
    sell("O-1", channel=acting.stores[0])
    client = sign_in(Role.OPERATIONS)
    text = client.get(f"/listings/{mug.pk}/").content.decode()
    text += client.get(f"/orders/{Order.objects.get().pk}/").content.decode()
    for action in ("set_price", "set_stock", "confirm_shipment"):
        assert f'value="{action}"' in text


def ship(client, order, units, **fields):
    left = f"{NOON - timedelta(minutes=5):%Y-%m-%dT%H:%M}"
    given = {
        "carrier": "DHL",
        "tracking_number": "00340434161094022115",
        "shipped_at": left,
        "units:L1": units,
        **fields,
    }
    return post(client, f"/orders/{order.pk}/", "confirm_shipment", **given)


@pytest.fixture
def order(acting, sell):
    """Of two units, placed an hour ago."""
    sell("O-1", channel=acting.stores[0], ordered_at=NOON - timedelta(hours=1))
    return Order.objects.get()


def test_it_tells_a_parcel_from_the_page_of_the_order_and_then_offers_what_is_left(owner, order):
    page = owner.get(f"/orders/{order.pk}/")
    assert [(line.external_id, units) for line, units in page.context["parcel"]] == [("L1", 2)]
    _, said = ship(owner, order, "1")
    assert said == ["The parcel of 1 units is on its way to be told; it counts when it is read back"]
    command = Command.objects.get()
    assert (command.subject, command.kind, command.wanted) == (
        "order:O-1",
        "confirm_shipment",
        "1 shipped, DHL, 00340434161094022115",
    )
    assert command.payload == {
        "external_id": "O-1", "carrier": "DHL", "carrier_code": "DHL", "lines": {"L1": 1},
        "tracking_number": "00340434161094022115",
        "shipped_in_all": {"L1": 1},
        "shipped_at": "2026-10-02T11:55:00+00:00",
    }  # fmt: skip
    page = owner.get(f"/orders/{order.pk}/")
    assert [(line.external_id, units) for line, units in page.context["parcel"]] == [("L1", 1)]
    assert [step["title"] for step in page.context["timeline"]].count("confirm_shipment") == 1


def test_it_cancels_units_from_the_page_of_the_order_and_offers_them_no_more(owner, acting, order):
    acting.marketplace = registry.with_capability(Capability.CANCEL_UNITS)[0].key
    acting.save()
    _, said = post(owner, f"/orders/{order.pk}/", "cancel_units", **{"units:L1": "1", "reason": "out_of_stock"})
    assert said == ["The marketplace is asked to cancel 1 units; it counts when the order shows it"]
    command = Command.objects.get()
    assert (command.subject, command.kind, command.wanted) == ("order:O-1", "cancel_units", "1 cancelled, out of stock")
    assert command.payload == {
        "external_id": "O-1", "units": {"L1": 1}, "cancelled_in_all": {"L1": 1}, "reason": "out_of_stock",
    }  # fmt: skip
    page = owner.get(f"/orders/{order.pk}/")
    assert [(line.external_id, units) for line, units in page.context["parcel"]] == [("L1", 1)]


def test_it_corrects_a_number_from_the_page_of_the_order_when_the_parcel_is_shown(owner, order):
    ship(owner, order, "2")
    told = Command.objects.get()
    page = owner.get(f"/orders/{order.pk}/")
    assert page.context["told_parcels"] == []
    Command.objects.update(state="confirmed")
    page = owner.get(f"/orders/{order.pk}/")
    assert page.context["told_parcels"] == [(told, "00340434161094022115")]
    _, said = post(
        owner, f"/orders/{order.pk}/", "correct_number", write=told.pk, carrier="DHL", tracking_number="340434161092"
    )
    assert said == ["The number is on its way to be told; it counts when it is read back"]
    command = Command.objects.get(kind="correct_tracking")
    assert (command.wanted, command.payload["was"]) == ("another number, DHL, 340434161092", ["00340434161094022115"])
    page = owner.get(f"/orders/{order.pk}/")
    assert page.context["told_parcels"] == [(told, "340434161092")]


def test_a_second_parcel_does_not_replace_the_first(owner, order):
    ship(owner, order, "1")
    ship(owner, order, "1", tracking_number="340434161092")
    found = Command.objects.order_by("pk").values_list("state", "payload__shipped_in_all__L1")
    assert list(found) == [("planned", 1), ("planned", 2)]
    _, said = ship(owner, order, "1", tracking_number="340434161093")
    assert said == ["line L1: 1 units are more than the 0 left to ship"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"units:L1": "3"}, "line L1: 3 units are more than the 2 left to ship"),
        ({"units:L1": "0"}, "say how many units of which line are in the parcel"),
        ({"units:L1": "-1"}, "'-1' is not a count of units"),
        ({"units:L9": "1"}, "order O-1 has no line L9"),
        ({"carrier": " "}, "name the carrier of the parcel"),
        ({"shipped_at": ""}, "say when the parcel left, as day and time (UTC)"),
        ({"shipped_at": "2026-10-02T12:01"}, "a parcel cannot have left in the future"),
        ({"shipped_at": "2026-10-02T10:59"}, "a parcel cannot have left before the order was placed"),
    ],
)
def test_it_says_why_a_parcel_is_not_told(owner, order, fields, why):
    assert ship(owner, order, "1", **fields)[1] == [why]
    assert not Command.objects.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fulfilment": "marketplace"}, "order O-1 is shipped by the marketplace"),
        ({"status": "cancelled"}, "order O-1 is cancelled: there is nothing to ship"),
    ],
)
def test_it_offers_and_takes_no_parcel_of_an_order_that_is_not_ours_to_ship(owner, order, changes, why):
    Order.objects.update(**changes)
    assert owner.get(f"/orders/{order.pk}/").context["parcel"] == []
    assert ship(owner, order, "1")[1] == [why]
    assert not Command.objects.exists()


def test_a_form_without_a_request_of_ours_is_refused(owner, acting, mug):
    assert price(owner, mug, "12.30", request_id="x")[0].status_code == 400
    assert not Command.objects.exists()


def test_an_owner_of_another_client_reaches_neither_form(at_south, south, acting, mug, order):
    with tenancy.in_tenant("south"):
        stranger = get_user_model().objects.create_user("stranger", is_staff=True)
        stranger.groups.add(Group.objects.get_or_create(name=Role.OWNER.value)[0])
        at_south.force_login(stranger)
        assert price(at_south, mug, "12.30")[0].status_code == 404
        assert ship(at_south, order, "1")[0].status_code == 404
        assert not Command.objects.exists()
    assert not Command.objects.exists()


@pytest.fixture
def failed(acting):
    """A refused write and an event that could not be applied."""
    command = Command.objects.create(
        account=acting, kind="set_price", key="price-1", subject="sku:MUG-BLUE", state="rejected", reason="too low",
        payload={"price": "1.00", "currency": "EUR"}, planned_at=NOON,
    )  # fmt: skip
    event = InboxEvent.objects.create(
        account=acting, event_id="E1", kind="order", body=b"{}", received_at=NOON, state="failed", error="broken"
    )
    return command, event


def test_it_sends_a_refused_write_again_from_its_page(owner, failed):
    address = f"/sync/commands/{failed[0].pk}/"
    assert 'value="retry"' in owner.get(address).content.decode()
    assert post(owner, address, "retry", reason=" ")[1] == ["say why; the next person will ask"]
    assert Command.objects.get().state == "rejected"
    assert post(owner, address, "retry", reason="agreed")[1] == ["It is sent again; it counts when it is read back"]
    assert Command.objects.values_list("state", "reason").get() == ("planned", "sent again by owner: agreed")
    assert 'value="retry"' not in owner.get(address).content.decode()
    assert post(owner, address, "retry", reason="more")[1] == [
        "this write is planned; only a refused or parked one is sent again"
    ]


def test_it_applies_a_failed_event_again_from_its_page(owner, failed):
    address = f"/sync/events/{failed[1].pk}/"
    assert 'value="retry"' in owner.get(address).content.decode()
    assert post(owner, address, "retry", reason="mapped now")[1] == ["It is applied again in the background"]
    assert InboxEvent.objects.get().state == "received"
    assert 'value="retry"' not in owner.get(address).content.decode()


def test_a_viewer_takes_up_neither_a_write_nor_an_event(sign_in, failed):
    client = sign_in(Role.VIEWER)
    for address in (f"/sync/commands/{failed[0].pk}/", f"/sync/events/{failed[1].pk}/"):
        assert 'value="retry"' not in client.get(address).content.decode()
        assert client.post(address, {"action": "retry", "reason": "again"}).status_code == 403
    assert (Command.objects.get().state, InboxEvent.objects.get().state) == ("rejected", "failed")
