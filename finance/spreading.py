"""How charges of a whole account come to its order lines: by day, then by a driver; pure, the oracle of `finance.allocation`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from config.core.money import Money, minor_unit, split
from finance.profitability import NET_REVENUE, SALE, STEP_OF
from marketplaces.canonical import LineClass as C


class Driver(StrEnum):
    """By what a charge of the whole account is spread over the lines of its day."""

    NET_REVENUE = "net_revenue"
    UNITS = "units"


DRIVERS = {C.ADVERTISING: Driver.NET_REVENUE, C.MARKETING: Driver.NET_REVENUE, C.STORAGE: Driver.UNITS}
"""Classes without a driver stay with the account."""

ACCOUNT_STEP: dict[C, str] = {
    line_class: "other" if step in NET_REVENUE else step
    for line_class, step in STEP_OF.items()
    if line_class not in (*SALE, C.TAX, C.PROMOTION)
}


def allot(charge: Money, weights: Sequence[int]) -> list[Money] | None:
    """A charge over the lines of a day by weight, largest remainder first; None where no line has any weight."""
    positive = [Decimal(max(weight, 0)) for weight in weights]
    return split(charge, positive) if any(positive) else None


def per_day(charge: Money, days: int) -> list[Money]:
    """A charge over the days it is for: equal to the minor unit, the first days one unit more, finer rests on the first."""
    unit = minor_unit(charge.currency)
    rest = charge.amount % unit if charge.amount >= 0 else -(-charge.amount % unit)
    parts = split(Money(charge.amount - rest, charge.currency), [Decimal(1)] * days)
    return [parts[0] + Money(rest, charge.currency), *parts[1:]]
