"""Return labels are followed like parcels: those bought apart and those that came with a parcel."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from config.core import clock
from inventory.carriers import street
from inventory.carriers.dhl.sandbox import tracking as stories
from inventory.models import Label, LabelKind, LabelState, OrderEvent
from inventory.services import labels, planning, purchases, tracking
from tests.inventory.carriers.conftest import MORNING, bought, parcel, wish

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def at(depot, days):
    depot.at = MORNING + days * DAY
    return clock.frozen(depot.at)


def poll(depot, days):
    with at(depot, days):
        return tracking.track_due()["tracked"]


def hand_in(depot, label, days):
    with at(depot, days):
        stories.hand_in(
            street.CarrierView(street.owner("north", "dhl"), depot.at, depot.overlay), label.tracking_number
        )


def back():
    return Label.objects.get(kind=LabelKind.RETURN, state=LabelState.BOUGHT)


def enclosed(contract):
    bought(contract, with_return=True)
    return back()


def apart(contract):
    wanted = labels.want(parcel(), wish(contract, kind=LabelKind.RETURN))
    purchases.buy(wanted.pk)
    return back()


@pytest.mark.parametrize("buy", [enclosed, apart])
def test_goods_on_their_way_back_are_seen_and_the_order_hears_when_they_have_come(contract, depot, buy):
    label = buy(contract)
    assert (label.tracking_number, label.next_track_at) == (label.return_tracking_number, MORNING + 2 * DAY)
    Label.objects.filter(kind=LabelKind.OUTBOUND).update(next_track_at=None)
    assert poll(depot, 2) == 1
    assert back().next_track_at == MORNING + 3 * DAY
    hand_in(depot, label, 5)
    assert [poll(depot, 5), poll(depot, 5.05), poll(depot, 7)] == [1, 0, 1]
    label = back()
    assert (label.tracking_state, label.first_scan_at) == ("delivered", MORNING + 5 * DAY)
    event = OrderEvent.objects.get(source="carrier")
    assert (event.kind, event.happened_at) == ("returned", MORNING + 5 * DAY + timedelta(hours=26))
    assert poll(depot, 9) == 0


def test_the_parcel_is_told_with_the_number_of_the_label_that_came_with_it(contract, depot):
    label = enclosed(contract)
    outbound = Label.objects.get(kind=LabelKind.OUTBOUND)
    assert outbound.return_tracking_number == label.tracking_number
    assert planning._bought(label.parcel, LabelKind.RETURN) == label
    assert labels.want(label.parcel, wish(contract, kind=LabelKind.RETURN)) == label


def test_a_label_that_is_given_back_takes_its_return_label_along(contract, depot):
    label = enclosed(contract)
    labels.cancel(Label.objects.get(kind=LabelKind.OUTBOUND))
    assert set(Label.objects.values_list("state", flat=True)) == {LabelState.CANCELLED}
    planning.cancel(label.parcel)


def test_a_parcel_that_has_a_return_label_already_keeps_it(contract, depot):
    first = apart(contract)
    outbound = labels.want(first.parcel, wish(contract, with_return=True))
    assert purchases.buy(outbound.pk) == {"bought": 1}
    assert back() == first


def test_a_lookup_by_reference_finds_the_parcel_and_never_its_return_label(contract, depot):
    depot.trouble("lost")
    label = bought(contract, with_return=True)
    with at(depot, 0.1):
        assert purchases.resolve(label.pk) == {"found": 1}
    sent = [
        json.loads(request.body)
        for request, _ in depot.seen
        if request.method == "POST" and request.path.endswith("/orders")
    ]
    refs = {(each["shipments"][0]["refNo"], each["shipments"][0]["services"]["dhlRetoure"]["refNo"]) for each in sent}
    assert refs == {(label.ref, f"{label.ref}R")}
    assert set(depot.sold()) == {Label.objects.get(pk=label.pk).tracking_number}
