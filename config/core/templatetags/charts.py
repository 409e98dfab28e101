"""Charts drawn by the server: bars per day and steps over time. Floats are for pixels only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template

register = template.Library()

NICE = tuple(Decimal(step) for step in ("1", "1.2", "1.6", "2", "2.4", "3.2", "4", "6", "8", "10"))
LOWEST_TOP = Decimal(4)
COLOURS = 6
DENSE_FROM = 45
LONG = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart: a value per day; None is *not known*, a day that is missing is none at all."""

    label: str
    values: Mapping[date, Decimal | None]


@register.inclusion_tag("components/_bars.html")
def bars(days: Sequence[date], series: Sequence[Series], unit: str, label: str = "per day") -> dict[str, Any]:
    """Stacked bars, one per day; days on which a value is not known are hatched."""
    sums = [sum((s.values.get(day) or Decimal(0) for s in series), Decimal(0)) for day in days]
    top = nice(max(sums, default=Decimal(0)))
    return {
        "label": label,
        "unit": unit,
        "columns": [_column(day, total, series, top) for day, total in zip(days, sums, strict=True)],
        "ticks": [_short(top * part / 4) for part in (4, 3, 2, 1, 0)],
        "legend": [(s.label, i % COLOURS) for i, s in enumerate(series)] if len(series) > 1 else [],
        "first": days[0] if days else None,
        "middle": days[len(days) // 2] if len(days) > 2 else None,
        "last": days[-1] if days else None,
        "is_empty": not any(sums),
        "is_dense": len(days) > DENSE_FROM,
    }


def _column(day: date, total: Decimal, series: Sequence[Series], top: Decimal) -> dict[str, Any]:
    known = [(i, s, s.values.get(day)) for i, s in enumerate(series)]
    parts = [
        {"height": f"{value / top * 100:.2f}", "colour": i % COLOURS, "label": s.label, "value": _whole(value)}
        for i, s, value in known
        if value
    ]
    unknown = [s.label for _, s, value in known if value is None and day in s.values]
    return {"day": day, "total": _whole(total), "parts": parts, "unknown": unknown}


@register.inclusion_tag("components/_steps.html")
def steps(points: Sequence[tuple[datetime, Decimal]], until: datetime, unit: str) -> dict[str, Any]:
    """A value that holds from each moment until the next; nothing where it was never told."""
    if not points:
        return {"is_empty": True}
    start, values = points[0][0], [value for _, value in points]
    low, high = min(values), max(values)
    margin = (high - low) / 10 or high / 20 or Decimal(1)
    low, high = max(Decimal(0), low - margin), high + margin
    span = (until - start).total_seconds() or 1.0

    def place(at: datetime, value: Decimal) -> str:
        return f"{(at - start).total_seconds() / span * 100:.2f},{100 - float((value - low) / (high - low)) * 100:.2f}"

    return {
        "path": " ".join(_corners(points, until, place)),
        "ticks": [_short(high), _short((high + low) / 2), _short(low)],
        "first": start,
        "last": until,
        "is_long": until - start > LONG,
        "unit": unit,
        "now": _short(values[-1]),
    }


def _corners(points: Sequence[tuple[datetime, Decimal]], until: datetime, place: Any) -> Iterator[str]:
    for (at, value), (following, _) in zip(points, [*points[1:], (until, Decimal(0))], strict=True):
        yield place(at, value)
        yield place(following, value)


def nice(value: Decimal) -> Decimal:
    """The next number at or above a value whose quarters read well on an axis; at least 4."""
    if value <= LOWEST_TOP:
        return LOWEST_TOP
    size = Decimal(10) ** value.adjusted()
    return next(step * size for step in NICE if step * size >= value)


def _short(value: Decimal) -> str:
    if value >= 10_000:
        return f"{value / 1000:,.1f}".rstrip("0").rstrip(".").replace(",", "\u202f") + "\u202fk"
    return f"{value:,.2f}".rstrip("0").rstrip(".").replace(",", "\u202f")


def _whole(value: Decimal) -> str:
    return f"{value:,.2f}".replace(",", "\u202f").removesuffix(".00")
