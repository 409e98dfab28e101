"""What listings sold lately. Apps above know it and add their teller; the catalogue only asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from config.core.registry import Registry

DAYS = 30


class Place(NamedTuple):
    """One SKU in one storefront of an account."""

    account_id: int
    channel: str
    sku_id: int


@dataclass(frozen=True, slots=True)
class Sold:
    """Units and revenue of the last 30 days, in the currency of the storefront."""

    units: int
    revenue: Decimal
    currency: str


Teller = Callable[[Collection[int] | None], Mapping[Place, Sold]]
TELLERS: Registry[Teller] = Registry("teller of demand")
Floor = Callable[[Collection[int]], Mapping[int, tuple[Decimal, str]]]
FLOORS: Registry[Floor] = Registry("price floor")


def lately(sku_ids: Collection[int] | None = None) -> dict[Place, Sold]:
    """What was sold in the last 30 days, of all SKUs or of these."""
    return {place: sold for _, tell in TELLERS for place, sold in tell(sku_ids).items()}


def floors(listing_ids: Collection[int]) -> dict[int, tuple[Decimal, str]]:
    """By listing the price, in its own currency, under which a sale loses money, and why; the highest where several say."""
    highest: dict[int, tuple[Decimal, str]] = {}
    for _, tell in FLOORS:
        for listing, told in tell(listing_ids).items():
            highest[listing] = max(told, highest.get(listing, told))
    return highest
