from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from config.core.multirange import merged, missing
from marketplaces.contract import Resource
from marketplaces.sync import window
from tests.factories import NOON

MINUTES = st.integers(min_value=0, max_value=60 * 24 * 120).map(lambda m: timedelta(minutes=m))
SHORT = st.integers(min_value=1, max_value=60 * 24 * 30).map(lambda m: timedelta(minutes=m))


def resource(**changes):
    return Resource(key="orders", rows=("Order",), every=timedelta(minutes=5), **changes)


def test_it_starts_at_the_accounts_own_beginning_and_stops_where_the_marketplace_is_complete():
    found = window.upcoming(
        resource(window=timedelta(days=7), lag=timedelta(hours=2)), window.Position(), now=NOON,
        history_from=NOON - timedelta(days=10),
    )  # fmt: skip
    assert [(w.since, w.until) for w in found] == [
        (NOON - timedelta(days=10), NOON - timedelta(days=3)),
        (NOON - timedelta(days=3), NOON - timedelta(hours=2)),
    ]


def test_it_reads_from_the_newest_record_minus_the_overlap_and_not_from_the_end_of_the_last_request():
    position = window.Position(((NOON - timedelta(days=9), NOON - timedelta(minutes=5)),), NOON - timedelta(hours=3))
    (first,) = window.upcoming(resource(overlap=timedelta(minutes=10)), position, now=NOON)
    assert (first.since, first.until) == (NOON - timedelta(hours=3, minutes=10), NOON)


def test_it_looks_back_one_window_at_most_when_nothing_happened_for_long():
    position = window.Position(((NOON - timedelta(days=90), NOON - timedelta(hours=1)),), NOON - timedelta(days=60))
    found = window.upcoming(resource(window=timedelta(days=7), overlap=timedelta(0)), position, now=NOON)
    assert found[0].since == NOON - timedelta(days=7, hours=1)
    assert found[-1].until == NOON


def test_it_reads_a_snapshot_as_one_window_whatever_its_age():
    position = window.Position(((NOON - timedelta(days=90), NOON - timedelta(days=3)),))
    (only,) = window.upcoming(resource(is_snapshot=True), position, now=NOON)
    assert only.until == NOON


@given(length=SHORT, lag=MINUTES, overlap=SHORT, read=MINUTES, seen=MINUTES, history=MINUTES)
def test_windows_cover_everything_up_to_the_horizon_without_a_hole(length, lag, overlap, read, seen, history):
    wanted = resource(window=length, lag=lag, overlap=overlap, history=timedelta(days=365))
    covered = ((NOON - timedelta(days=200), NOON - read),)
    position = window.Position(covered, NOON - seen)
    found = window.upcoming(wanted, position, now=NOON, history_from=NOON - history)
    assert all(timedelta(0) < w.until - w.since <= length for w in found)
    assert all(a.until == b.since for a, b in pairwise(found))
    expected = [(max(NOON - read, NOON - history), NOON - lag)]
    assert missing(expected, merged((w.since, w.until) for w in found)) == []
