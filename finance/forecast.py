"""Where the month will end; pure.

Plain: what the closed days brought, for all days. Full: the closed days plus, for each day to come, the median of the
same weekday of the last eight weeks times the trend times an event's factor, with an interval from past errors.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from finance.ratios import Amount, ratio

DAY = timedelta(days=1)
BASELINE = timedelta(weeks=8)
TREND_DAYS = 14
LEAST_TREND, MOST_TREND = Decimal("0.7"), Decimal("1.3")
NOTHING: Collection[date] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """The month's amount; `low` and `high` are None until errors of past months at the same day are known."""

    amount: Decimal
    low: Amount
    high: Amount


def plain(actual: Decimal, closed_days: int, days_in_month: int) -> Amount:
    """Actual divided by closed days, times the days of the month; None before the first day is closed."""
    return actual * days_in_month / closed_days if closed_days else None


def trend(history: Mapping[date, Decimal], last_closed: date) -> Decimal:
    """The last 14 days against the 14 before, within 0.7 and 1.3; 1 where those brought nothing."""
    recent = _total(history, last_closed - (TREND_DAYS - 1) * DAY, last_closed)
    former = _total(history, last_closed - (2 * TREND_DAYS - 1) * DAY, last_closed - TREND_DAYS * DAY)
    found = ratio(recent, former)
    return Decimal(1) if found is None else min(max(found, LEAST_TREND), MOST_TREND)


def baseline(history: Mapping[date, Decimal], day: date, last_closed: date, without: Collection[date]) -> Amount:
    """The median of the same weekday over eight weeks, without days of stock-out; None where there is none."""
    same = [
        amount
        for when, amount in history.items()
        if when.weekday() == day.weekday() and last_closed - BASELINE < when <= last_closed and when not in without
    ]
    return median(same) if same else None


def run_rate(
    history: Mapping[date, Decimal],
    last_closed: date,
    *,
    events: Mapping[date, Decimal] | None = None,
    without: Collection[date] = NOTHING,
    errors: Sequence[Decimal] = (),
) -> Forecast | None:
    """The month of `last_closed`. `errors` are actual / forecast of past months at this day; their extremes bound it.

    None where a day to come has no day of its weekday to go by.
    """
    first = last_closed.replace(day=1)
    end = first.replace(day=monthrange(first.year, first.month)[1])
    direction, amount = trend(history, last_closed), _total(history, first, last_closed)
    day = last_closed + DAY
    while day <= end:
        usual = baseline(history, day, last_closed, without)
        if usual is None:
            return None
        amount += usual * direction * (events or {}).get(day, Decimal(1))
        day += DAY
    return Forecast(amount, amount * min(errors) if errors else None, amount * max(errors) if errors else None)


def bias(pairs: Sequence[tuple[Decimal, Decimal]]) -> Amount:
    """Mean of (forecast - actual) / actual; plus is a forecast that was too high."""
    return _mean([(forecast - actual) / actual for forecast, actual in pairs if actual])


def mean_error(pairs: Sequence[tuple[Decimal, Decimal]]) -> Amount:
    """Mean absolute error of forecasts, as a fraction of the actual amounts."""
    return _mean([abs(forecast - actual) / abs(actual) for forecast, actual in pairs if actual])


def _mean(values: Sequence[Decimal]) -> Amount:
    return sum(values, Decimal(0)) / len(values) if values else None


def _total(history: Mapping[date, Decimal], since: date, until: date) -> Decimal:
    return sum((amount for day, amount in history.items() if since <= day <= until), Decimal(0))
