"""What storing goods for a month should cost, as a plain function: the oracle of `finance.selectors.storage`; pure.

Charged is what was there on average, by volume or by piece: F-05 names the dated rate, the network's fact sheet the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from finance.fee_amounts import NO_VATS, charge
from finance.tariffs import Rule, Sale, tier

CUBIC_MM = {"m3": Decimal(10**9), "ft3": Decimal("28316846.592")}
"""How many cubic millimetres one unit of volume has; a foot is 304.8 mm by definition."""

_FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """One product in one place over a month: units of every day added up, None where a day was not counted."""

    unit_days: int | None
    days: int
    sides_mm: tuple[int, int, int] | None
    fee_vats: Mapping[str, Decimal] = field(default_factory=dict)


def fee(held: Held, rows: Sequence[Rule]) -> tuple[Decimal | None, str]:
    """The month's fee, positive, by the row of the product's size; None with the reason where it cannot be told."""
    if not rows:
        return None, "no_storage_rate"
    if held.unit_days is None:
        return None, "not_counted"
    if not held.unit_days:
        return Decimal(0), ""
    any_sale = Sale(account_id=0, day=date.min, currency=rows[0].currency, units=1, item=_FREE, sides_mm=held.sides_mm)
    row, reason = tier(rows, any_sale)
    if row is None:
        return None, reason
    if row.per_volume and held.sides_mm is None:
        return None, "no_size"
    longest, middle, shortest = held.sides_mm or (0, 0, 0)
    volume_days = row.per_volume * held.unit_days * longest * middle * shortest
    by_volume = volume_days / (held.days * CUBIC_MM[row.volume_unit])
    pieces = Decimal(held.unit_days) / held.days
    amount = charge(row, by_volume, pieces, row.currency, fee_vats=held.fee_vats or NO_VATS)
    return amount, "" if amount is not None else "no_fee_vat"
