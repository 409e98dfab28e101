"""How old stock is: first in, first out across the whole network, in the buckets that storage is charged by; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def surcharge(
    receipts: Receipts, shipped: int, *, today: date, per_day: Decimal, rates: Mapping[int, Decimal]
) -> Decimal:
    """What the next snapshot will charge: units still there after the expected sales of `per_day`, times their rate."""
    then = next_snapshot(today)
    sold = int(per_day * (then - today).days)
    found = buckets(list(receipts), shipped + sold, then)
    return sum(
        (units * rates.get(start, Decimal(0)) for start, units in found.items() if start >= SURCHARGED_FROM), Decimal(0)
    )
