"""What each SKU of an account earned in 30 days; the app that keeps sales registers the answer when Django starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from config.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Earned:
    sku_id: int
    channel: str
    currency: str
    revenue: Decimal


SOURCES: Registry[Callable[[int], Iterable[Earned]]] = Registry("source of revenue")


def earned(account_id: int) -> list[Earned]:
    """Revenue of the last 30 days of each SKU in each storefront of an account."""
    return [row for _, source in SOURCES for row in source(account_id)]


def shares(account_id: int) -> dict[tuple[int, str], Decimal]:
    """Part of the account's revenue, in percent of its currency, by SKU and storefront; empty while nothing was sold."""
    rows = earned(account_id)
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row.currency] += row.revenue
    found: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if totals[row.currency] > 0:
            found[row.sku_id, row.channel] += row.revenue / totals[row.currency] * 100
    return dict(found)
