"""The clock of promises over a year of moments, against a walk hour by hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import sla
from inventory.services import deadlines

ZONES = ("Europe/Berlin", "Europe/Amsterdam", "America/New_York", "Asia/Dubai")
HOUR = timedelta(hours=1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20), timezones=st.just(UTC))  # noqa: DTZ001
calendars = st.builds(
    sla.Calendar,
    zone=st.sampled_from(ZONES),
    weekdays=st.sampled_from(
        [frozenset(range(5)), frozenset(range(6)), frozenset({0, 2, 4}), frozenset({6, 0, 1, 2, 3})]
    ),
    holidays=st.just(deadlines.public_holidays("DE", "BE", 2026)),
    cut_off=st.sampled_from([time(11), time(14, 30), time(16), time(23, 59)]),
    handling_days=st.integers(0, 3),
)


def cut_offs(calendar, since, until):
    """Every cut-off of a working day between two moments, found by walking over the days."""
    zone = ZoneInfo(calendar.zone)
    days = (since.astimezone(zone).date() + timedelta(days=n) for n in range(-2, (until - since).days + 3))
    open_days = (day for day in days if day.weekday() in calendar.weekdays and day not in calendar.holidays)
    found = (datetime.combine(day, calendar.cut_off, zone).astimezone(UTC) for day in open_days)
    return [at for at in found if since <= at <= until]


@settings(max_examples=60)
@given(moments, calendars)
def test_it_counts_working_days_to_the_promise(placed_at, calendar):
    due = sla.ship_by(placed_at, calendar)
    assert len(cut_offs(calendar, placed_at, due)) == calendar.handling_days + 1
    assert cut_offs(calendar, placed_at, due)[-1] == due


@settings(max_examples=60)
@given(moments, calendars)
def test_the_last_cut_off_is_the_last_one_before_the_deadline(deadline, calendar):
    last = sla.last_cut_off(deadline, calendar)
    assert last <= deadline
    assert cut_offs(calendar, last + timedelta(seconds=1), deadline) == []


@settings(max_examples=40)
@given(moments, st.integers(0, 200), calendars)
def test_working_hours_are_those_of_a_walk_hour_by_hour(start, hours, calendar):
    start = start.replace(minute=0, second=0, microsecond=0)
    zone = ZoneInfo(calendar.zone)
    walked = sum(calendar.is_working((start + n * HOUR).astimezone(zone).date()) for n in range(hours))
    assert sla.working_hours(start, start + hours * HOUR, calendar) == walked


def test_an_order_of_friday_evening_leaves_on_tuesday_when_monday_is_a_holiday():
    calendar = sla.Calendar(
        "Europe/Berlin", frozenset(range(5)), deadlines.public_holidays("DE", "", 2026), time(16), handling_days=0
    )
    friday_evening = datetime(2026, 4, 3, 17, 0, tzinfo=UTC)
    assert date(2026, 4, 6) in calendar.holidays
    assert sla.ship_by(friday_evening, calendar) == datetime(2026, 4, 7, 14, 0, tzinfo=UTC)


def test_a_calendar_that_is_never_open_says_so():
    with pytest.raises(sla.NeverOpen, match="no working day within 60 days"):
        sla.next_cut_off(datetime(2026, 1, 1, tzinfo=UTC), sla.Calendar("UTC", frozenset(), frozenset(), time(12)))
