from __future__ import annotations

from datetime import timedelta

import pytest

from config.core import clock
from config.core.errors import RateLimited, Transient
from config.core.models import WorkItem
from inventory.models import Order
from marketplaces.models import Gap, SyncState
from marketplaces.services import gaps, pulls
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_hidden_orders_are_found_by_a_report_and_fetched_by_id_within_one_cycle(shop, remote):
    remote.per_page = 100
    for number in range(500):
        remote.put(f"A-{number:03}", NOON - timedelta(minutes=600 - number))
    remote.hidden = {"A-007", "A-250", "A-499"}
    pulls.pull(shop.pk, "orders")
    assert Order.objects.count() == 497
    unknown = set(remote.orders) - set(Order.objects.values_list("external_id", flat=True))
    assert gaps.report_missing(shop, "orders", unknown, "settlements") == 3
    assert WorkItem.objects.get(job="marketplaces.fill_gaps").due_at == NOON + timedelta(minutes=3)
    with clock.frozen(NOON + timedelta(minutes=3)):
        assert gaps.fill(shop.pk) == {"time": 0, "records": 3}
    assert Order.objects.count() == 500
    found = Gap.objects.order_by("external_id").values_list("external_id", "revealed_by", "state")
    assert list(found) == [(name, "settlements", "filled") for name in ("A-007", "A-250", "A-499")]


def test_a_record_that_came_with_its_own_flow_meanwhile_was_no_gap(shop, remote):
    gaps.report_missing(shop, "orders", ["A-1"], "returns")
    remote.put("A-1", NOON - timedelta(minutes=1))
    pulls.pull(shop.pk, "orders")
    assert gaps.fill(shop.pk) == {"time": 0, "records": 0}
    assert not Gap.objects.exists()
    assert "by_id A-1" not in remote.asked


def test_a_record_is_noted_once_however_often_it_is_spoken_of(shop, remote):
    assert gaps.report_missing(shop, "orders", ["A-1", "A-1", ""], "returns") == 1
    assert gaps.report_missing(shop, "orders", ["A-1"], "settlements") == 0
    assert Gap.objects.get().revealed_by == "returns"


def test_a_record_that_nobody_knows_is_given_up_after_five_attempts(shop, remote):
    gaps.report_missing(shop, "orders", ["A-1"], "returns")
    for _ in range(6):
        gaps.fill(shop.pk)
    gap = Gap.objects.get()
    assert (gap.state, gap.attempts, gap.reason) == ("unfillable", 5, "the marketplace does not know it")


def test_a_hole_in_the_covered_time_is_found_filled_and_closed(shop, remote):
    day = timedelta(days=1)
    spans = ((NOON - 10 * day, NOON - 6 * day), (NOON - 4 * day, NOON))
    SyncState.objects.create(account=shop, resource="orders", covered=spans)
    remote.put("A-1", NOON - 5 * day)
    assert gaps.find() == {"found": 1, "asked": 1}
    gap = Gap.objects.get()
    assert (gap.since, gap.until, gap.revealed_by) == (NOON - 6 * day, NOON - 4 * day, "coverage")
    assert gaps.fill(shop.pk) == {"time": 1, "records": 0}
    assert Order.objects.get().external_id == "A-1"
    assert Gap.objects.get().state == "filled"
    assert SyncState.objects.get(account=shop, resource="orders").covered == ((NOON - 10 * day, NOON),)


def test_a_hole_longer_than_one_round_is_filled_by_the_next(shop, remote):
    day = timedelta(days=1)
    spans = ((NOON - 70 * day, NOON - 60 * day), (NOON - 2 * day, NOON))
    SyncState.objects.create(account=shop, resource="orders", covered=spans)
    Gap.objects.create(
        account=shop, resource="orders", kind="time", since=NOON - 60 * day, until=NOON - 2 * day, found_at=NOON,
        revealed_by="coverage",
    )  # fmt: skip
    assert gaps.fill(shop.pk) == {"time": 0, "records": 0}
    assert gaps.fill(shop.pk) == {"time": 1, "records": 0}
    assert SyncState.objects.get(account=shop, resource="orders").covered == ((NOON - 70 * day, NOON),)


def test_a_missing_record_is_fetched_although_missing_time_cannot_be_read(shop, remote):
    day = timedelta(days=1)
    SyncState.objects.create(
        account=shop, resource="orders", covered=((NOON - 10 * day, NOON - 6 * day), (NOON - 4 * day, NOON))
    )
    remote.put("A-1", NOON - 20 * day)
    gaps.find()
    gaps.report_missing(shop, "orders", ["A-1"], "returns")
    remote.errors = [None, Transient("down")]
    with pytest.raises(Transient):
        gaps.fill(shop.pk)
    assert Gap.objects.get(external_id="A-1").state == "filled"


def test_time_not_yet_read_is_lag_and_no_gap(shop, remote):
    SyncState.objects.create(
        account=shop, resource="orders", covered=((NOON - timedelta(days=10), NOON - timedelta(days=1)),)
    )
    assert gaps.find() == {"found": 0, "asked": 0}


def test_an_order_in_a_settlement_that_is_unknown_becomes_a_gap_of_that_settlement(shop, remote):
    remote.documents["S-1"] = b"S-1;2026-09-01T00:00:00+00:00;2026-09-15T00:00:00+00:00;10.00\nA-9;10.00\n"
    pulls.pull(shop.pk, "settlements")
    assert Gap.objects.values_list("external_id", "revealed_by").get() == ("A-9", "settlements")


def test_a_passing_failure_of_one_record_is_no_attempt_and_holds_up_no_other(shop, remote):
    remote.put("A-2", NOON - timedelta(days=20))
    gaps.report_missing(shop, "orders", ["A-1"], "returns")
    with clock.frozen(NOON + timedelta(minutes=1)):
        gaps.report_missing(shop, "orders", ["A-2"], "returns")
    for _ in range(6):
        remote.errors = [Transient("down", code="http_503")]
        with pytest.raises(Transient, match="down"):
            gaps.fill(shop.pk)
    found = Gap.objects.order_by("external_id").values_list("external_id", "state", "attempts")
    assert list(found) == [("A-1", "open", 0), ("A-2", "filled", 1)]


def test_when_the_limiter_stops_one_record_the_others_wait_with_it(shop, remote):
    gaps.report_missing(shop, "orders", ["A-1", "A-2"], "returns")
    remote.errors = [RateLimited("slow down", until=NOON + timedelta(minutes=1))]
    with pytest.raises(RateLimited):
        gaps.fill(shop.pk)
    assert [call for call in remote.asked if call.startswith("by_id")] == ["by_id A-1"]
    assert set(Gap.objects.values_list("state", "attempts")) == {("open", 0)}
