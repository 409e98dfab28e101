"""How many orders a day brings: weekday, season, and chance."""

from __future__ import annotations

from datetime import date
from math import exp, pi, sin

from marketplaces.sandbox import chance
from marketplaces.sandbox.stage import DAY, Stage

WEEKDAYS = (1.08, 0.98, 0.95, 0.97, 1.0, 0.94, 1.18)
PEAK = range(320, 354)


def season(day: date) -> float:
    """A mild wave over the year with a peak before the winter holidays."""
    of_year = day.timetuple().tm_yday
    return 1 + 0.08 * sin(2 * pi * (of_year - 80) / 365) + (0.25 if of_year in PEAK else 0)


def orders_on(stage: Stage, day: int) -> int:
    """Number of orders that an account receives on a day of the world; none before day 0."""
    if day < 0:
        return 0
    when = stage.origin + day * DAY
    mean = stage.account.orders_per_day * WEEKDAYS[when.weekday()] * season(when)
    return _poisson(mean, *stage.key("demand", day))


def _poisson(mean: float, *parts: object) -> int:
    draw, level, count = chance.source(*parts), exp(-mean), 0
    product = draw.random()
    while product > level:
        product *= draw.random()
        count += 1
    return count
