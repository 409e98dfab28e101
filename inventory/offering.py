"""How many units an offer may show: what is on hand, less what is promised, less a buffer, within its rules; pure.

The same is computed for sets by `services/offers.py`, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import exp

MOST_UNITS = 1_000_000
MOST_BUFFER = 300
_STEPS = 40


class RuleKind(StrEnum):
    """What a rule does with what is free of promises and the buffer."""

    SAFETY = "safety"
    PERCENTAGE = "percentage"
    MAXIMUM = "maximum"
    FIXED = "fixed"
    PRIORITY = "priority"
    REPLENISHABLE = "replenishable"
    INBOUND = "inbound"


LABELS = {
    RuleKind.SAFETY: "keep back units",
    RuleKind.PERCENTAGE: "offer a share",
    RuleKind.MAXIMUM: "offer at most",
    RuleKind.FIXED: "show a fixed number",
    RuleKind.PRIORITY: "leave the last units to others",
    RuleKind.REPLENISHABLE: "offer at least, it can be had again",
    RuleKind.INBOUND: "offer a share of what is on its way",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Units of one SKU for one account: on the shelves that feed it, promised of them, held back, and on their way."""

    on_hand: int
    reserved: int
    buffer: int = 0
    inbound: int = 0


Rules = Mapping[RuleKind, int]


def offered(stock: Stock, rules: Rules) -> int:
    """Units to show, never below zero and never what is promised already (R-INV-01).

    A safety stock is kept back; a share is rounded down; a maximum caps. A fixed number stands in place of these three
    and shows that many, or fewer where fewer are free. With a priority of n, the last n units are left to other
    channels. Where a SKU can be had again, at least that many are shown whatever the shelf holds.
    """
    inbound = stock.inbound * rules.get(RuleKind.INBOUND, 0) // 100
    free = max(0, stock.on_hand - stock.reserved - stock.buffer + inbound)
    shown = max(0, free - rules.get(RuleKind.SAFETY, 0)) * rules.get(RuleKind.PERCENTAGE, 100) // 100
    shown = min(shown, rules.get(RuleKind.MAXIMUM, MOST_UNITS))
    if RuleKind.FIXED in rules:
        shown = min(free, rules[RuleKind.FIXED])
    if free <= rules.get(RuleKind.PRIORITY, 0):
        shown = 0
    return min(max(shown, rules.get(RuleKind.REPLENISHABLE, 0)), MOST_UNITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An offer, or what a rule is for: None and blank stand for all."""

    account: int | None = None
    channel: str = ""
    sku: int | None = None
    listing: int | None = None

    def holds(self, offer: Place) -> bool:
        return (
            self.account in (None, offer.account)
            and self.channel in ("", offer.channel)
            and self.sku in (None, offer.sku)
            and self.listing in (None, offer.listing)
        )

    @property
    def weight(self) -> int:
        """How specific it is: listing before SKU before channel before account."""
        return (
            8 * (self.listing is not None)
            + 4 * (self.sku is not None)
            + 2 * (self.channel != "")
            + (self.account is not None)
        )


def rules_for(offer: Place, rules: Iterable[tuple[Place, RuleKind, int]]) -> dict[RuleKind, int]:
    """Of each kind, the most specific rule that holds for an offer."""
    found: dict[RuleKind, tuple[int, int]] = {}
    for place, kind, value in rules:
        if place.holds(offer) and (kind not in found or place.weight > found[kind][0]):
            found[kind] = (place.weight, value)
    return {kind: value for kind, (_, value) in found.items()}


def oversell_chance(mean: float, units: int) -> float:
    """The chance that more than `units` are asked for where `mean` are expected (Poisson)."""
    term = total = exp(-mean)
    for count in range(1, units + 1):
        term *= mean / count
        total += term
    return max(0.0, 1.0 - total)


def demand_during(per_day: Decimal, delay_s: int) -> float:
    """Units that other channels sell on average while a change of ours is on its way (F-23)."""
    return float(per_day) * delay_s / 86_400


def buffer(per_day: Decimal, delay_s: int, target: float) -> int:
    """The smallest number of units to hold back that leaves a chance of an oversell below the target (F-23)."""
    mean = demand_during(per_day, delay_s)
    return next((units for units, most in enumerate(carried(target)) if mean < most), MOST_BUFFER)


@lru_cache(maxsize=8)
def carried(target: float) -> tuple[float, ...]:
    """For 0, 1, 2... units held back, the demand below which they leave a chance below the target."""
    return tuple(_carried(units, target) for units in range(MOST_BUFFER))


def _carried(units: int, target: float) -> float:
    low, high = 0.0, 2.0 * units + 10.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if oversell_chance(middle, units) < target:
            low = middle
        else:
            high = middle
    return high
