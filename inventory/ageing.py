"""How old stock is: first in, first out across the whole network, in the buckets that storage is charged by; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

STARTS = (0, 31, 61, 91, 181, 211, 241, 271, 301, 331, 366)
"""The first day of age of each bucket; the last one has no end."""
SURCHARGED_FROM = 181
SNAPSHOT_DAY = 15

Receipts = Iterable[tuple[date, int]]


def bucket(age_days: int) -> int:
    """The first day of age of the bucket that an age falls into."""
    return max(start for start in STARTS if start <= max(age_days, 0))


def layers(receipts: Receipts, shipped: int) -> list[tuple[date, int]]:
    """What is left of each receipt, oldest first, when `shipped` units have left in the order they came."""
    left = []
    for day, units in sorted(receipts):
        gone = min(units, shipped)
        shipped -= gone
        if units > gone:
            left.append((day, units - gone))
    return left


def buckets(receipts: Receipts, shipped: int, on: date) -> dict[int, int]:
    """Units per bucket on a day, every bucket named by its first day of age."""
    found = dict.fromkeys(STARTS, 0)
    for day, units in layers(receipts, shipped):
        found[bucket((on - day).days)] += units
    return found


def next_snapshot(after: date) -> date:
    """The next day on which ageing is measured for charging."""
    if after.day < SNAPSHOT_DAY:
        return after.replace(day=SNAPSHOT_DAY)
    return (after.replace(day=1) + timedelta(days=32)).replace(day=SNAPSHOT_DAY)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the next day of charging will find: units per bucket, and how many of the charged ones are not so old today."""

    on: date
    units: dict[int, int]
    crossing: int

    @property
    def charged(self) -> int:
        return sum(units for start, units in self.units.items() if start >= SURCHARGED_FROM)


def forecast(receipts: Receipts, shipped: int, *, today: date, per_day: Decimal) -> Snapshot:
    """Ages on the next snapshot after the expected sales of `per_day`, oldest units first (F-05)."""
    came, then = list(receipts), next_snapshot(today)
    gone = shipped + int(per_day * (then - today).days)
    left = layers(came, gone)
    turns = then - timedelta(days=SURCHARGED_FROM)
    crossing = sum(units for day, units in left if turns >= day > today - timedelta(days=SURCHARGED_FROM))
    return Snapshot(then, buckets(came, gone, then), crossing)


def surcharge(
    receipts: Receipts,
    shipped: int,
    *,
    today: date,
    per_day: Decimal,
    rates: Sequence[tuple[date, Mapping[int, Decimal]]],
) -> Decimal | None:
    """What the next snapshot will charge by the rates that hold on its day; None where none holds yet (F-05)."""
    found = forecast(receipts, shipped, today=today, per_day=per_day)
    valid = [table for since, table in sorted(rates, key=lambda each: each[0]) if since <= found.on]
    if not valid:
        return None
    aged = ((start, units) for start, units in found.units.items() if start >= SURCHARGED_FROM)
    return sum((units * valid[-1].get(start, Decimal(0)) for start, units in aged), Decimal(0))
