"""How much of what was sold comes back, by the day of the order, and what that costs; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from finance.ratios import Amount, ratio

Z_95 = Decimal("1.96")


def rate(returned: int, shipped: int) -> Amount:
    """Units returned of the units shipped of one cohort; None where nothing was shipped."""
    return ratio(Decimal(returned), Decimal(shipped))


def maturity(age_days: int, curve: Mapping[int, Decimal]) -> Amount:
    """The share of all returns that a cohort of this age has shown, from history; None before the first known age."""
    known = [age for age in curve if age <= age_days]
    return curve[max(known)] if known else None


def mature_rate(returned: int, shipped: int, age_days: int, curve: Mapping[int, Decimal]) -> Amount:
    """The rate a cohort will have when all returns are in; None while too little of it has shown."""
    shown = maturity(age_days, curve)
    return None if not shown else ratio(Decimal(returned), shipped * shown)


def lower_bound(returned: int, shipped: int, z: Decimal = Z_95) -> Amount:
    """Wilson's lower bound of the rate, so that two returns of three units raise no alarm."""
    if not shipped:
        return None
    share, square = Decimal(returned) / shipped, z * z
    centre = share + square / (2 * shipped)
    spread = z * ((share * (1 - share) + square / (4 * shipped)) / shipped).sqrt()
    return max(Decimal(0), (centre - spread) / (1 + square / shipped))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCost:
    """What returns cost, each part positive; None where a part is unknown."""

    administration: Amount
    outbound_lost: Amount
    inbound: Amount
    handling: Amount
    value_lost: Amount
    fees_kept: Amount

    @property
    def total(self) -> Amount:
        parts = [
            self.administration, self.outbound_lost, self.inbound, self.handling, self.value_lost, self.fees_kept,
        ]  # fmt: skip
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if len(known) == len(parts) else None
