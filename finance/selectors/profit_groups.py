"""By what margins are grouped and narrowed, and which rows tell it.

Days do not tell the listings of one SKU apart; where these are asked for, the lines of the days asked are summed instead,
with the charges that no line bears beside them. A listing is named by account, channel and its id there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from finance.profitability import STEPS

MARGINS = ("net_revenue", "cm1", "cm2", "cm3")
COVERED = ("revenue_costed", "revenue_charged", "revenue_known", "revenue_settled", "revenue_mapped")
MEASURES = (*STEPS, *MARGINS, *COVERED)
GROUPS: dict[str, tuple[str, str]] = {
    "marketplace": ("a.marketplace", "a.marketplace"),
    "store": ("a.key || '/' || p.channel", "a.label || CASE WHEN p.channel = '' THEN '' ELSE ' ' || p.channel END"),
    "brand": ("coalesce(brand.name, '')", "coalesce(brand.name, '')"),
    "sku": ("coalesce(sku.code, '')", "coalesce(nullif(sku.title, ''), product.title, '')"),
    "listing": (
        "a.key || '/' || p.channel || '/' || p.remote_id",
        "p.remote_id || ' · ' || a.label || CASE WHEN p.channel = '' THEN '' ELSE ' ' || p.channel END",
    ),
    "day": ("p.day::text", "p.day::text"),
    "month": ("to_char(p.day, 'YYYY-MM')", "to_char(p.day, 'YYYY-MM')"),
    "currency": ("p.currency", "p.currency"),
    "whole": ("''::text", "''::text"),
}
ONLY = {
    "marketplace": "a.marketplace = %(marketplace)s",
    "store": "a.key || '/' || p.channel = %(store)s",
    "brand": "coalesce(brand.name, '') = %(brand)s",
    "sku": "sku.code = %(sku)s",
    "listing": "a.key || '/' || p.channel || '/' || p.remote_id = %(listing)s",
}
TABLES = """
JOIN marketplaces_account a ON a.id = p.account_id
LEFT JOIN catalog_sku sku ON sku.id = p.sku_id
LEFT JOIN catalog_product product ON product.id = sku.product_id
LEFT JOIN catalog_brand brand ON brand.id = product.brand_id
"""
LINES = """
(SELECT line.*, item.remote_id FROM finance_lineprofit line
    JOIN inventory_orderline item ON item.id = line.order_line_id)
"""
_KEY = "account_id, channel, day, sku_id, currency"
_COVERS = ("cm1 IS NOT NULL", "cm2 IS NOT NULL", "cm3 IS NOT NULL", "is_settled", "sku_id IS NOT NULL")
_COVERED = ", ".join(
    f"CASE WHEN {known} THEN coalesce(net_revenue, 0) ELSE 0 END AS {name}"
    for name, known in zip(COVERED, _COVERS, strict=True)
)
_SHARED = ", ".join(("units", "units_returned", *STEPS, *MARGINS))
_BY_LISTING = f"""
(SELECT {_KEY}, {_SHARED}, false AS is_account_level, 1 AS lines, remote_id, {_COVERED} FROM {LINES} AS told
    WHERE day BETWEEN %(since)s AND %(until)s
    UNION ALL SELECT {_KEY}, {_SHARED}, true, lines, '', {", ".join(COVERED)} FROM finance_profitday
    WHERE is_account_level AND day BETWEEN %(since)s AND %(until)s)
"""  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Asked:
    """Days (both included), the currency of the answer, and what it is narrowed to (names of `ONLY`)."""

    since: date
    until: date
    to: str
    only: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> dict[str, Any]:
        return {"since": self.since, "until": self.until, "to": self.to, **self.only}

    @property
    def where(self) -> str:
        return " AND ".join(ONLY[name] for name in sorted(self.only)) or "true"

    def rows(self, by: str) -> str:
        """The table whose rows are grouped: days, or where listings are told apart, lines."""
        return _BY_LISTING if by == "listing" or "listing" in self.only else "finance_profitday"
