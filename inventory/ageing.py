"""How old stock is: first in, first out across the whole network, in the buckets that storage is charged by; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from config.core.money import Money

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


class StorageUnit(StrEnum):
    """What a storage rate counts."""

    PIECE = "piece"
    KG = "kg"
    CUBIC_METRE = "m3"
    CUBIC_FOOT = "ft3"

    @property
    def label(self) -> str:
        return {"m3": "cubic metre", "ft3": "cubic foot"}.get(self.value, self.value)


_MM3 = {StorageUnit.CUBIC_METRE: Decimal(10**9), StorageUnit.CUBIC_FOOT: Decimal("28316846.592")}


@dataclass(frozen=True, slots=True)
class Rate:
    """What a unit of goods in the band of age that begins on `from_day` costs, from a day on."""

    from_day: int
    valid_from: date
    amount: Decimal
    currency: str
    unit: StorageUnit = StorageUnit.PIECE


@dataclass(frozen=True, slots=True)
class Body:
    """How heavy and large one piece is; None where nobody knows."""

    weight_g: int | None = None
    volume_mm3: int | None = None

    def measure(self, unit: StorageUnit) -> Decimal | None:
        """How many of the unit one piece is."""
        if unit is StorageUnit.PIECE:
            return Decimal(1)
        if unit is StorageUnit.KG:
            return None if self.weight_g is None else Decimal(self.weight_g) / 1000
        return None if self.volume_mm3 is None else Decimal(self.volume_mm3) / _MM3[unit]


@dataclass(frozen=True, slots=True)
class Charge:
    """What a day of charging costs, by currency; None with the reason."""

    amounts: Mapping[str, Decimal] | None
    why: str = ""


PIECES = Body()


def charge(units: Mapping[int, int], rates: Iterable[Rate], *, on: date, body: Body = PIECES) -> Charge:
    """Units per bucket times the rate that holds for it on the day: the newest of the last band that begins by then (F-05)."""
    table: dict[int, Rate] = {}
    for rate in sorted(rates, key=lambda each: each.valid_from):
        if rate.valid_from <= on:
            table[rate.from_day] = rate
    if not table:
        return Charge(None, "no_rate")
    amounts: dict[str, Decimal] = {}
    for start, count in units.items():
        band = max((day for day in table if day <= start), default=None)
        if not count or band is None:
            continue
        each = body.measure(table[band].unit)
        if each is None:
            return Charge(None, "no_weight" if table[band].unit is StorageUnit.KG else "no_size")
        rate = table[band]
        amounts[rate.currency] = amounts.get(rate.currency, Decimal(0)) + count * each * rate.amount
    return Charge({currency: Money(amount, currency).rounded().amount for currency, amount in amounts.items()})
