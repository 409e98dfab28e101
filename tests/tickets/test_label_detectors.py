"""Shipping labels: what is wrong with a parcel, how grave it is, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from inventory.models import (
    CarrierAccount,
    Label,
    LabelState,
    Order,
    OrderLine,
    Parcel,
    ParcelItem,
    Shipment,
    ShippingCalendar,
    TrackingEvent,
)
from marketplaces import registry
from marketplaces.models import Account, Command
from tests.tickets.conftest import keep_fresh, later, place_order
from tickets.models import Ticket
from tickets.rules import engine

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def label(shop, noon):
    """A parcel of an order that is due tomorrow, with a label bought just now."""
    order = place_order(shop, 1, due_in_hours="30")
    parcel = Parcel.objects.create(shipment=Shipment.objects.create(order=order, ship_to="{}"), weight_g=500)
    ParcelItem.objects.create(parcel=parcel, line=OrderLine.objects.get(), quantity=2)
    contract = CarrierAccount.objects.create(key="dhl", carrier="dhl", label="DHL")
    return Label.objects.create(
        parcel=parcel, account=contract, ref="NF-LABEL-0001", product="V01PAK", format="pdf", ship_on=noon.date(),
        state=LabelState.BOUGHT, tracking_number="00340434161094022115", bought_at=noon,
    )  # fmt: skip


def change(label, **values):
    Label.objects.filter(pk=label.pk).update(**values)


def tell(label):
    order = label.parcel.shipment.order
    told = Command.objects.create(
        account=order.account, kind="confirm_shipment", key="k", subject="o", state="confirmed", planned_at=clock.now(),
        payload={"lines": {"1": 2}, "tracking_number": label.tracking_number},
    )  # fmt: skip
    Parcel.objects.update(command=told)


def scan(label, at, state="in_transit"):
    TrackingEvent.objects.create(label=label, at=at, state=state)
    change(label, first_scan_at=label.first_scan_at or at, tracking_state=state)


def found(hours=0.0):
    with later(hours * 60):
        for account in Account.objects.all():
            keep_fresh(account)
        engine.sweep("inventory")
    told = Ticket.objects.filter(type="shipping_labels", state="open").first()
    return (told.severity, told.title.partition(": ")[2]) if told else None


def test_a_label_that_was_just_bought_is_no_trouble(label):
    assert found() is None


def test_a_refused_label_is_told_with_its_reason_and_is_urgent_near_the_deadline(label):
    change(label, state=LabelState.REFUSED, reason="consignee.postalCode: unknown")
    assert found() == ("S3", "its label is refused")
    ticket = Ticket.objects.get(type="shipping_labels")
    assert ticket.scope_key == f"shipment:{label.parcel.shipment_id}"
    assert ticket.evidence["shows"]["reason"] == "consignee.postalCode: unknown"
    assert found(23) == ("S1", "its label is refused")


def test_a_refusal_that_was_followed_by_a_purchase_is_over(label):
    change(label, state=LabelState.REFUSED)
    assert found() is not None
    change(label, state=LabelState.BOUGHT)
    assert found(1) is None


def test_a_label_that_nobody_uses_is_told_after_two_days(label):
    assert found(47) is None
    assert found(49) == ("S4", "its label was bought and is not used")


def test_a_parcel_without_a_scan_is_told_after_a_working_day_of_the_calendar(label, noon):
    ShippingCalendar.objects.create(account=None)
    tell(label)
    assert noon.weekday() == 4
    assert found(59) is None, "Saturday and Sunday do not count, and it is Sunday night"
    assert found(72) == ("S3", "told as shipped and never scanned")
    scan(label, noon + 72 * HOUR)
    assert found(73) is None


def test_a_marketplace_that_wants_a_return_number_gets_none_too_late(label):
    strict = next(a for a in registry.all_adapters() if a.carriers and a.carriers.needs_return)
    Account.objects.update(marketplace=strict.key)
    assert found() == ("S2", "it needs a return number before it can be told")
    change(label, return_tracking_number="999900000011")
    assert found(1) is None


def test_a_parcel_that_is_on_its_way_and_was_not_told_is_said(label, noon):
    scan(label, noon)
    assert found() == ("S3", "its parcel was scanned and the marketplace was not told")
    Order.objects.update(status="shipped")
    assert found(1) is None, "somebody told it elsewhere"
    Order.objects.update(status="to_ship")
    tell(label)
    assert found(2) is None


def test_a_cancelled_order_with_a_parcel_is_said_until_the_parcel_is_cancelled(label):
    Order.objects.update(status="cancelled")
    assert found() == ("S3", "the order was cancelled at the marketplace: keep its parcel back")
    Parcel.objects.update(cancelled_at=clock.now())
    assert found(1) is None


def test_a_parcel_that_the_marketplace_did_not_take_is_said_until_it_is_told(label):
    tell(label)
    Command.objects.update(state="rejected", reason="of line 1 only 1 units are not cancelled")
    assert found() == ("S3", "the marketplace did not take its parcel")
    Command.objects.update(state="confirmed")
    assert found(1) is None


def test_another_label_than_the_one_that_was_told_is_said_until_its_number_is_corrected(label):
    tell(label)
    told = Command.objects.get()
    assert found() is None
    change(label, tracking_number="340434161092")
    assert found(1) == ("S3", "the marketplace knows another number of its parcel")
    Command.objects.create(
        account=told.account, kind="correct_tracking", key="c", subject=told.subject, state="confirmed",
        payload={"parcel": told.key, "tracking_number": "340434161092"}, planned_at=clock.now(),
    )  # fmt: skip
    assert found(2) is None


def test_a_label_that_was_given_back_after_it_was_told_is_said_until_another_one_is_told(label):
    tell(label)
    change(label, state="cancelled")
    assert found() == ("S3", "the marketplace was told of a label that was given back")
    told = Command.objects.get()
    payload = {**told.payload, "parcel": told.key, "tracking_number": "00340434161094022122"}
    Command.objects.create(
        account=told.account, kind="correct_tracking", key="c", subject="o", state="confirmed", planned_at=clock.now(),
        payload=payload,
    )  # fmt: skip
    assert found() is None


@pytest.mark.parametrize("state", ["returning", "returned"])
def test_a_parcel_that_comes_back_is_said(label, noon, state):
    tell(label)
    scan(label, noon, state)
    assert found() == ("S3", "its parcel comes back")


def test_a_parcel_of_which_nothing_is_heard_is_said_until_it_arrives(label, noon):
    tell(label)
    scan(label, noon)
    assert found(95) is None
    assert found(97) == ("S3", "nothing was heard of its parcel for days")
    change(label, tracking_state="delivered")
    assert found(98) is None


def test_a_parcel_that_weighs_more_than_it_was_declared_with_is_said_while_it_is_on_its_way(label, noon):
    tell(label)
    change(label, weighed_g=750)
    assert found() is None
    change(label, weighed_g=751)
    assert found() == ("S4", "its parcel weighs more than was declared")
    change(label, tracking_state="delivered")
    assert found(hours=1) is None
