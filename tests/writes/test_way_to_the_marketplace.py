"""Every marketplace takes our prices, quantities and parcels, and shows them when it is read back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from catalog.services import listings
from config.core import clock
from config.core.money import Money
from inventory.models import Order, OrderLine
from inventory.services import cancellations, planning, shipments
from marketplaces.canonical import CancelReason
from marketplaces.contract import Capability
from marketplaces.models import Command, Traffic
from marketplaces.sandbox.carelessness import NAME
from marketplaces.services import retries
from marketplaces.services.writes import Cancelled
from tests.chaos.conftest import TODAY, shops
from tests.writes.conftest import HOUR, parcel, wish

pytestmark = pytest.mark.django_db


def each(*needs):
    return pytest.mark.parametrize(("adapter", "declared"), shops(*needs))


def gone(units):
    return Cancelled(units=units, reason=CancelReason.OUT_OF_STOCK)


def shown(shop, listing):
    return shop.view.listing(listing.remote_id, listing.channel) or shop.view.listing(listing.remote_id)


@each(Capability.WRITE_PRICE)
def test_it_writes_a_price_and_confirms_it_when_the_marketplace_shows_it(shop):
    listing = shop.listing()
    command = listings.set_price(listing, Money(Decimal("12.30"), listing.currency), wish())
    assert command.state == "planned"
    assert command.payload == {
        "sku": listing.remote_id, "external_id": listing.external_id, "price": "12.30", "currency": listing.currency,
    }  # fmt: skip
    assert command.subject == f"sku:{listing.remote_id}"
    assert shop.settled(command).state == "confirmed"
    assert shown(shop, listing).price == Money(Decimal("12.30"), listing.currency)
    calls = Traffic.objects.filter(command_id=command.pk)
    assert {tuple(call.subjects) for call in calls} == {(command.subject,)}
    asked = calls.filter(status__lt=300).exclude(method="GET").values_list("request_body", flat=True)
    assert sum(b"12.3" in bytes(body or b"") for body in asked) == 1


@each(Capability.WRITE_STOCK)
def test_it_sends_nothing_to_an_unknown_offer_until_a_person_says_that_it_is_there(shop):
    listing = shop.listing()
    known = listing.remote_id, listing.external_id
    listing.remote_id, listing.external_id = "NO-SUCH-SKU", "00000000-0000-4000-8000-000000000000"
    command = shop.settled(listings.set_quantity(listing, 17, wish()))
    assert command.state == "rejected"
    assert f"{shop.account} does not know this offer" in command.reason
    names = dict(zip(("sku", "external_id"), known, strict=True))
    Command.objects.update(payload={**command.payload, **names})
    retries.command(command.pk, by="anna", reason="the listing is there now")
    assert shop.settled(command).state == "confirmed"


@each(Capability.WRITE_STOCK)
def test_it_keeps_the_refusal_of_the_marketplace_itself_and_sends_it_again_when_a_person_says_so(shop):
    listing = shop.listing()
    shop.street.sandbox.overlay.put("/".join(shop.owner), "_scenarios", NAME, {"fates": ["refused"]})
    command = shop.settled(listings.set_quantity(listing, 17, wish()))
    assert command.state == "rejected"
    assert "does not know this offer" not in command.reason
    assert command.offer_seen_at
    assert Traffic.objects.filter(command_id=command.pk).exclude(method="GET").exists()
    retries.command(command.pk, by="anna", reason="they say that it works now")
    assert shop.settled(command).state == "confirmed"
    assert shown(shop, listing).quantity == 17


@each(Capability.WRITE_STOCK)
def test_it_writes_a_quantity_and_confirms_it_when_the_marketplace_shows_it(shop):
    listing = shop.listing()
    command = listings.set_quantity(listing, 17, wish())
    assert shop.settled(command).state == "confirmed"
    assert shown(shop, listing).quantity == 17


@each(Capability.WRITE_PRICE)
def test_ten_then_nine_then_ten_again_are_three_writes(shop):
    listing = shop.listing()
    for amount in ("10.00", "9.00", "10.00"):
        price = Money(Decimal(amount), listing.currency)
        assert shop.settled(listings.set_price(listing, price, wish())).state == "confirmed"
        assert shown(shop, listing).price == price
    assert [each.payload["price"] for each in Command.objects.order_by("pk")] == ["10.00", "9.00", "10.00"]


@each(Capability.CONFIRM_SHIPMENT)
def test_it_tells_a_parcel_with_all_units_and_reads_the_order_again(shop):
    order = shop.order(days=1)
    lines = dict(OrderLine.objects.filter(order=order).values_list("external_id", "quantity"))
    command = shipments.confirm(order, parcel(lines), wish())
    assert command.subject == f"order:{order.external_id}"
    assert shop.settled(command).state == "confirmed"
    order.refresh_from_db()
    assert order.status == "shipped"
    assert [line.quantity_open for line in order.lines.all()] == [0] * len(lines)


@each(Capability.CONFIRM_SHIPMENT)
def test_it_tells_a_part_first_and_the_rest_in_a_second_parcel(shop):
    order = shop.order(units=2)
    line = order.lines.filter(quantity__gte=2)[0]
    first = shipments.confirm(order, parcel({line.external_id: 1}), wish())
    assert shop.settled(first).state == "confirmed"
    assert Order.objects.get(pk=order.pk).status == "partially_shipped"
    rest = {each.external_id: each.quantity_open for each in order.lines.all() if each.quantity_open}
    assert rest[line.external_id] == line.quantity - 1
    second = shipments.confirm(order, parcel(rest, tracking_number="340434161092"), wish())
    assert shop.settled(second).state == "confirmed"
    assert Order.objects.get(pk=order.pk).status == "shipped"


@each(Capability.CONFIRM_SHIPMENT)
def test_one_piece_in_several_parcels_is_told_where_the_marketplace_takes_that(shop, adapter):
    order = shop.order(days=1)
    lines = dict(OrderLine.objects.filter(order=order).values_list("external_id", "quantity"))
    several = parcel(lines, further_numbers=("00340434161094022122",))
    if not (adapter.carriers and adapter.carriers.takes_several):
        with pytest.raises(ValidationError, match="takes one number for each unit"):
            shipments.confirm(order, several, wish())
        return
    command = shop.settled(shipments.confirm(order, several, wish()))
    assert (command.state, command.payload["further_numbers"]) == ("confirmed", ["00340434161094022122"])
    assert Order.objects.get(pk=order.pk).status == "shipped"


@each(Capability.CANCEL_UNITS)
def test_it_cancels_what_is_open_and_reads_the_order_again(shop):
    order = shop.order(days=1)
    units = dict(OrderLine.objects.filter(order=order).values_list("external_id", "quantity"))
    command = cancellations.cancel(order, gone(units), wish())
    assert (command.subject, command.wanted) == (
        f"order:{order.external_id}",
        f"{sum(units.values())} cancelled, out of stock",
    )
    assert shop.settled(command).state == "confirmed"
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert dict(order.lines.values_list("external_id", "quantity_cancelled")) == units
    with pytest.raises(ValidationError, match="nothing is left to cancel"):
        cancellations.cancel(order, gone(units), wish())


@each(Capability.CANCEL_UNITS)
def test_units_that_a_parcel_holds_or_that_are_being_cancelled_are_not_cancelled(shop):
    order = shop.order(units=2)
    line = order.lines.filter(quantity__gte=2)[0]
    planning.plan(order, [planning.Piece(lines={line.external_id: 1}, weight_g=500)], by="anna")
    rest = line.quantity - 1
    with pytest.raises(ValidationError, match=f"{line.quantity} units are more than the {rest} that no parcel holds"):
        cancellations.cancel(order, gone({line.external_id: line.quantity}), wish())
    cancellations.cancel(order, gone({line.external_id: rest}), wish())
    with pytest.raises(ValidationError, match="is being cancelled already; wait until the order shows it"):
        cancellations.cancel(order, gone({line.external_id: 1}), wish())
    with pytest.raises(ValidationError, match="has no line none"):
        cancellations.cancel(order, gone({"none": 1}), wish())


@each(Capability.CONFIRM_SHIPMENT)
def test_another_number_of_a_parcel_is_told_once_and_shown_where_the_marketplace_takes_it(shop, adapter):
    order = shop.order(days=1)
    lines = dict(OrderLine.objects.filter(order=order).values_list("external_id", "quantity"))
    told = shop.settled(shipments.confirm(order, parcel(lines), wish()))
    if Capability.CORRECT_TRACKING not in adapter.capabilities:
        with pytest.raises(ValidationError, match="takes no other number for a parcel that was told; ask its support"):
            shipments.correct(order, told, shipments.Numbered(carrier="DHL", tracking_number="340434161092"), wish())
        return
    with clock.frozen(TODAY + 3 * HOUR):
        corrected(shop, order, told, wish())


def corrected(shop, order, told, asked):
    better = shipments.Numbered(carrier="DHL", tracking_number="340434161092")
    command = shipments.correct(order, told, better, asked)
    assert (command.subject, command.wanted) == (told.subject, "another number, DHL, 340434161092")
    assert shop.settled(command).state == "confirmed"
    assert shop.view.order(shop.serial(order)).tracking_number == "340434161092"
    assert shipments.correct(order, told, better, asked).pk == command.pk
    with clock.frozen(TODAY + 6 * HOUR):
        again = shop.settled(shipments.correct(order, told, better, wish()))
    assert (again.state, again.reason) == ("confirmed", "told there already; nothing was sent")
    calls = Traffic.objects.filter(command_id__in=(command.pk, again.pk)).values_list("request_body", flat=True)
    assert sum(b"340434161092" in bytes(body or b"") for body in calls) == 1
