"""Where parcels are: polled in batches, never backwards, told to orders and marketplaces, forgotten in time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core import clock
from config.core.errors import RateLimited
from inventory import shipping
from inventory.carriers import street
from inventory.carriers.dhl.sandbox import tracking as stories
from inventory.carriers.news import COMES_BACK, ENDS, Tracked, TrackingEvent, TrackingState, settled, turns
from inventory.models import Label, LabelPaper, LabelState, Manifest, OrderEvent, Parcel, Shipment
from inventory.models import TrackingEvent as Scan
from inventory.services import labels, planning, purchases, retention, telling, tracking
from inventory.shipping_filters import LabelFilter
from marketplaces import registry
from marketplaces.contract import Capability
from marketplaces.models import Account, Command
from tests.inventory.carriers.conftest import MORNING, bought, enter, wish

HOUR = timedelta(hours=1)
S = TrackingState
events = st.lists(
    st.builds(
        TrackingEvent,
        at=st.integers(0, 30).map(lambda hours: MORNING + hours * HOUR),
        state=st.sampled_from(list(TrackingState)),
    ),
    max_size=12,
)


def at(depot, hours):
    """Both clocks so many hours after the label was bought."""
    depot.at = MORNING + timedelta(hours=hours)
    return clock.frozen(depot.at)


def poll(depot, hours):
    with at(depot, hours):
        Label.objects.filter(next_track_at__isnull=False).update(next_track_at=clock.now())
        return tracking.track_due()


def arriving(monkeypatch, share=0.5):
    """A parcel with the usual story, whatever its number is; below 0.025 it is refused and comes back."""
    monkeypatch.setattr(stories.chance, "share", lambda *_: share)


@given(events, st.randoms(use_true_random=False), st.integers(1, 5))
def test_a_state_never_goes_backwards_however_the_news_comes(told, chance, polls):
    """News in any order, repeated, partly forgotten by the carrier: the moment that is stood for never falls."""
    known, state, moment = set(), S.UNKNOWN, None
    for _ in range(polls):
        known |= {(each.at, each.state) for each in told if chance.random() < 0.6}
        former, state = state, settled(state, known)
        assert former not in ENDS or state is former
        newest = max((at for at, each in known if each is state is not S.UNKNOWN), default=None)
        assert moment is None or newest is None or newest >= moment or state in ENDS
        moment = newest
    ordered = sorted(known, key=lambda scan: scan[0])
    chance.shuffle(ordered)
    assert settled(S.UNKNOWN, ordered) is settled(S.UNKNOWN, known)


def test_of_two_scans_of_one_moment_the_graver_counts():
    pair = [(MORNING, S.ATTEMPT_FAILED), (MORNING, S.OUT_FOR_DELIVERY)]
    assert settled(S.UNKNOWN, pair) is settled(S.UNKNOWN, reversed(pair)) is S.ATTEMPT_FAILED


def test_what_is_delivered_on_its_way_back_is_returned():
    assert settled(S.UNKNOWN, [(MORNING, S.RETURNING), (MORNING + HOUR, S.DELIVERED)]) is S.RETURNED


@pytest.mark.django_db
def test_a_parcel_is_followed_to_its_door_and_its_order_hears_of_it(contract, depot, monkeypatch):
    arriving(monkeypatch)
    label = bought(contract)
    story = []
    for hours in (1, 12, 23, 30):
        assert poll(depot, hours)["tracked"] == 1
        label.refresh_from_db()
        story.append(label.tracking_state)
    assert story == ["label_created", "in_transit", "out_for_delivery", "delivered"]
    assert (label.first_scan_at, label.delivered_at) == (MORNING + 9 * HOUR, MORNING + 26 * HOUR)
    assert label.next_track_at is None
    assert list(OrderEvent.objects.filter(source="carrier").order_by("happened_at").values_list("kind", flat=True)) == [
        "shipped", "delivered",
    ]  # fmt: skip
    assert Scan.objects.count() == 6
    assert tracking.track_due() == {"tracked": 0, "told": 0, "news": 0}


@pytest.mark.django_db
def test_a_carrier_that_forgets_what_it_said_moves_no_parcel_back(contract, depot, monkeypatch):
    arriving(monkeypatch)
    label = bought(contract)
    poll(depot, 23)
    short = Tracked(label.tracking_number, (TrackingEvent(at=MORNING, state=S.LABEL_CREATED, code="VA"),))
    monkeypatch.setattr("inventory.carriers.dhl.client.Client.track", lambda self, numbers: [short])
    poll(depot, 24)
    label.refresh_from_db()
    assert (label.tracking_state, label.first_scan_at) == ("out_for_delivery", MORNING + 9 * HOUR)


@pytest.mark.django_db
def test_many_parcels_are_asked_for_twenty_at_a_time_and_written_at_once(
    contract, depot, django_assert_max_num_queries
):
    first = bought(contract)
    for number in range(44):
        parcel = Parcel.objects.create(shipment=first.parcel.shipment, number=2 + number, weight_g=500)
        Label.objects.create(
            parcel=parcel, account=contract, ref=labels.new_ref(), product="V01PAK", format="pdf", ship_on=MORNING,
            state=LabelState.BOUGHT, tracking_number=f"{number:020d}", bought_at=MORNING, next_track_at=MORNING,
        )  # fmt: skip
    with django_assert_max_num_queries(25):
        assert poll(depot, 12)["tracked"] == 45
    assert depot.asked("/tracking/v0/shipments") == 3


@pytest.mark.django_db
def test_a_parcel_that_is_scanned_is_told_to_its_marketplace_once(contract, depot):
    label = bought(contract)
    Account.objects.update(stage="act")
    assert [poll(depot, hours)["told"] for hours in (5, 12, 14)] == [0, 1, 0]
    command = Command.objects.get()
    assert (command.asked_by, command.payload["tracking_number"]) == (telling.SCANNED, label.tracking_number)
    assert command.payload["shipped_at"].startswith("2026-10-02T17:00")


@pytest.mark.django_db
def test_late_silent_and_returning_parcels_are_found_by_name(contract, depot, monkeypatch):
    arriving(monkeypatch, share=0.01)
    label = bought(contract)
    order = label.parcel.shipment.order

    def ways(hours):
        poll(depot, hours)
        with at(depot, hours):
            every = ("on_way", "late", "silent", "back", "arrived")
            return [way for way in every if LabelFilter({"way": way}, queryset=Label.objects.all()).qs.exists()]

    assert ways(12) == ["on_way"]
    type(order).objects.update(deliver_by=MORNING + 24 * HOUR)
    assert ways(25) == ["on_way", "late"]
    assert ways(60) == ["on_way", "late", "back"]
    assert ways(60 + 97) == ["on_way", "late", "silent", "back"]
    with at(depot, 160):
        assert shipping.troubled().get().pk == label.parcel_id


@pytest.mark.django_db
def test_papers_and_addresses_are_forgotten_when_their_time_has_come_and_numbers_are_not(contract, depot):
    label = bought(contract)
    Manifest.objects.create(account=contract, closed_at=MORNING, paper="cGFwZXI=")
    with at(depot, 24 * 89):
        assert retention.purge() == {"papers": 0, "addresses": 0, "calls": 0}
    Shipment.objects.update(created_at=MORNING)
    with at(depot, 24 * 90 + 1):
        gone = retention.purge()
    assert (gone["papers"], gone["addresses"]) == (1, 1)
    assert gone["calls"] > 0
    assert not LabelPaper.objects.exists()
    assert Manifest.objects.get().paper is None
    assert Label.objects.get().tracking_number == label.tracking_number


@pytest.mark.django_db
def test_a_parcel_that_got_another_label_since_it_was_told_is_corrected_at_its_scan_once(contract, depot, monkeypatch):
    arriving(monkeypatch)
    first = bought(contract)
    adapter = next(a for a in registry.all_adapters() if Capability.CORRECT_TRACKING in a.capabilities)
    Account.objects.update(stage="act", marketplace=adapter.key)
    with at(depot, 1):
        told = planning.confirm(first.parcel, by="anna")
        Command.objects.update(state="confirmed")
        labels.cancel(first)
        second = labels.want(first.parcel, wish(contract))
        purchases.buy(second.pk)
    second.refresh_from_db()
    assert [poll(depot, hours)["told"] for hours in (5, 23, 24)] == [0, 1, 0]
    correction = Command.objects.get(kind="correct_tracking")
    assert (correction.payload["parcel"], correction.payload["was"], correction.payload["tracking_number"]) == (
        told.key, [first.tracking_number], second.tracking_number,
    )  # fmt: skip


@given(events)
def test_turns_change_the_state_each_time_and_end_where_a_parcel_turns_back(told):
    found = list(turns((each.at, each.state) for each in told))
    states = [state for _, state in found]
    assert all(former is not later for former, later in pairwise(states))
    assert {S.UNKNOWN, S.RETURNING, S.RETURNED}.isdisjoint(states)
    back = min((each.at for each in told if each.state in COMES_BACK), default=None)
    assert back is None or all(moment <= back for moment, _ in found)


@pytest.mark.django_db
def test_a_number_that_was_somebody_elses_long_ago_brings_none_of_its_old_scans(contract, depot, monkeypatch):
    arriving(monkeypatch)
    label = bought(contract)
    old = TrackingEvent(at=MORNING - timedelta(days=700), state=S.DELIVERED, code="ZU")
    new = TrackingEvent(at=MORNING + HOUR, state=S.IN_TRANSIT, code="AE")
    found = Tracked(label.tracking_number, (old, new))
    monkeypatch.setattr("inventory.carriers.dhl.client.Client.track", lambda self, numbers: [found])
    poll(depot, 2)
    label.refresh_from_db()
    assert (label.tracking_state, label.delivered_at, Scan.objects.count()) == ("in_transit", None, 1)


@pytest.mark.django_db
def test_what_a_carrier_told_before_it_fell_silent_counts_and_the_rest_stays_due(contract, depot, monkeypatch):
    arriving(monkeypatch)
    label = bought(contract)
    parcel = Parcel.objects.create(shipment=label.parcel.shipment, number=2, weight_g=500)
    Label.objects.create(
        parcel=parcel, account=contract, ref=labels.new_ref(), product="V01PAK", format="pdf", ship_on=MORNING,
        state=LabelState.BOUGHT, tracking_number="00340434161094022115", bought_at=MORNING,
        next_track_at=MORNING,
    )  # fmt: skip

    def track(self, numbers):
        yield Tracked(label.tracking_number, (TrackingEvent(at=MORNING + HOUR, state=S.IN_TRANSIT, code="AE"),))
        raise RateLimited("the calls of the day are used up", until=MORNING + 24 * HOUR)

    monkeypatch.setattr("inventory.carriers.dhl.client.Client.track", track)
    with pytest.raises(RateLimited):
        poll(depot, 2)
    assert dict(Label.objects.values_list("tracking_number", "next_track_at")) == {
        label.tracking_number: MORNING + 4 * HOUR, "00340434161094022115": MORNING + 2 * HOUR,
    }  # fmt: skip
    assert Label.objects.get(pk=label.pk).tracking_state == "in_transit"


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["parcel-de", "unified"])
def test_what_the_carriers_scales_say_is_kept_with_the_label(depot, monkeypatch, way):
    arriving(monkeypatch)
    label = bought(enter(depot, tracking=way))
    kept = depot.sold()[label.tracking_number]
    depot.overlay.put(street.owner("north", "dhl"), "shipments", label.tracking_number, {**kept, "weighed_g": 1810})
    poll(depot, 12)
    label.refresh_from_db()
    assert label.weighed_g == 1810
