"""The reports about units in the marketplace's warehouses: their ages, and those that cannot be bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import stamp
from marketplaces.adapters.amazon.stores import pool
from marketplaces.contract import Store
from marketplaces.sandbox.facts import View, WorldStock

_SPANS = (
    (0, 30),
    (31, 60),
    (61, 90),
    (91, 180),
    (181, 210),
    (211, 240),
    (241, 270),
    (271, 300),
    (301, 330),
    (331, 365),
)
_COARSE = ((0, 90), (91, 180), (181, 270), (271, 365))
_CHARGED_FROM, _CHARGE = 181, Decimal("0.50")
AGES_HEADER = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "available", "pending-removal-quantity",
    *(f"inv-age-{first}-to-{last}-days" for first, last in _COARSE), "inv-age-365-plus-days", "currency",
    "estimated-ltsf-next-charge", "marketplace",
    *(f"inv-age-{first}-to-{last}-days" for first, last in _SPANS), "inv-age-366-plus-days", "unfulfillable-quantity",
)  # fmt: skip
STRANDED_HEADER = (
    "primary-action", "date-stranded", "Date-to-take-auto-removal", "status-primary", "status-secondary",
    "error-message", "stranded-reason", "asin", "sku", "fnsku", "product-name", "condition", "fulfilled-by",
    "fulfillable-qty", "your-price", "unfulfillable-qty", "reserved-quantity", "inbound-shipped-qty",
)  # fmt: skip


def ages(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    for row in _shelves(view, stores):
        old = sum(units for age, units in row.ages if age >= _CHARGED_FROM)
        yield [
            f"{view.at:%Y-%m-%d}", row.product.sku, ids.unit_id(row.product.serial), ids.item_id(row.product.serial),
            row.product.title, "New", str(row.available), "0", *(str(_between(row, *span)) for span in _COARSE),
            str(_between(row, 366, 10**6)), stores[0].currency, str(old * _CHARGE), stores[0].code,
            *(str(_between(row, *span)) for span in _SPANS), str(_between(row, 366, 10**6)), str(row.unsellable),
        ]  # fmt: skip


def stranded(view: View, stores: Sequence[Store], since: datetime, until: datetime) -> Iterator[list[str]]:
    for row in _shelves(view, stores):
        if row.stranded and row.stranded_since:
            yield [
                "Relist", stamp(row.stranded_since), "", "Inactive", "", "", "Listing closed",
                ids.item_id(row.product.serial), row.product.sku, ids.unit_id(row.product.serial), row.product.title,
                "New", "Amazon", str(row.stranded), "", "0", "0", "0",
            ]  # fmt: skip


def _shelves(view: View, stores: Sequence[Store]) -> list[WorldStock]:
    """The account's pool, told for a store that sells from it."""
    return view.stock() if stores and pool(stores[0].code) else []


def _between(row: WorldStock, first: int, last: int) -> int:
    return sum(units for age, units in row.ages if first <= age <= last)
