"""When a parcel must be handed over: working days, holidays and the last cut-off, in the warehouse's zone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
MOST_DAYS = 60
"""A calendar without a working day for so long is wrong, not closed."""


class NeverOpen(ValueError):
    """The calendar has no working day in two months; correct its weekdays or holidays."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekdays` count from Monday 0; what is placed before `cut_off` (local) counts for the same working day.

    `handling_days` is how many working days later it must leave; 0 is the same day.
    """

    zone: str
    weekdays: frozenset[int]
    holidays: frozenset[date]
    cut_off: time
    handling_days: int = 1

    def is_working(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def cut_off_on(self, day: date) -> datetime:
        """UTC. A local time that a change of clocks leaves out counts by the offset before it."""
        return datetime.combine(day, self.cut_off, ZoneInfo(self.zone)).astimezone(UTC)


def next_cut_off(moment: datetime, calendar: Calendar) -> datetime:
    """The first cut-off of a working day at or after a moment."""
    return _search(moment, calendar, step=DAY)


def last_cut_off(deadline: datetime, calendar: Calendar) -> datetime:
    """The last cut-off of a working day at or before a deadline: what misses it will be late."""
    return _search(deadline, calendar, step=-DAY)


def ship_by(placed_at: datetime, calendar: Calendar) -> datetime:
    """The promise of an order for which the marketplace told none: so many working days after it counts as placed."""
    due = next_cut_off(placed_at, calendar)
    for _ in range(calendar.handling_days):
        due = next_cut_off(due + timedelta(seconds=1), calendar)
    return due


def working_hours(start: datetime, end: datetime, calendar: Calendar) -> int:
    """Whole hours of working days between two moments, a working day counting from its midnight to the next."""
    zone, seconds = ZoneInfo(calendar.zone), 0.0
    day = start.astimezone(zone).date()
    while (opens := datetime.combine(day, time(), zone).astimezone(UTC)) < end:
        closes = datetime.combine(day + DAY, time(), zone).astimezone(UTC)
        if calendar.is_working(day):
            seconds += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
        day += DAY
    return int(seconds // 3600)


def _search(moment: datetime, calendar: Calendar, *, step: timedelta) -> datetime:
    """The nearest cut-off forwards or backwards; the days beside are looked at too, for zones differ by their day."""
    is_forward = step > timedelta(0)
    day = moment.astimezone(ZoneInfo(calendar.zone)).date() - step
    for _ in range(MOST_DAYS):
        cut_off = calendar.cut_off_on(day)
        if calendar.is_working(day) and (cut_off >= moment if is_forward else cut_off <= moment):
            return cut_off
        day += step
    raise NeverOpen(f"no working day within {MOST_DAYS} days of {moment:%Y-%m-%d}")
