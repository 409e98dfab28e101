"""What a client agreed to pay for goods by their age: entered, corrected, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from config.core.money import Money
from inventory.ageing import STARTS, StorageUnit
from inventory.models import StorageRate, Warehouse

HIGHEST = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A rate as somebody enters it; `warehouse` None is all places of our own."""

    warehouse: Warehouse | None
    from_day: int
    valid_from: date
    rate: Decimal
    currency: str
    unit: StorageUnit
    note: str = ""


def enter(agreed: Agreed, *, by: str) -> StorageRate:
    """Keep a rate; one of the same place, band and day is corrected. Raises ValidationError with what is wrong."""
    if agreed.from_day not in STARTS:
        raise ValidationError(f"a band of age begins on day {', '.join(map(str, STARTS))}")
    if not 0 <= agreed.rate < HIGHEST:
        raise ValidationError(f"a rate is from 0 to below {HIGHEST}")
    try:
        Money(agreed.rate, agreed.currency)
    except ValueError as error:
        raise ValidationError(str(error)) from error
    row, _ = StorageRate.objects.update_or_create(
        warehouse=agreed.warehouse, from_day=agreed.from_day, valid_from=agreed.valid_from,
        defaults={
            "rate": agreed.rate, "currency": agreed.currency, "unit": agreed.unit.value, "note": agreed.note[:200],
            "set_by": by[:150],
        },
    )  # fmt: skip
    return row


def take_away(row: StorageRate) -> None:
    row.delete()
