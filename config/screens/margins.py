"""Margins beside sales: at a glance on the home page, and as columns of the drill-down; from the sums per day alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from config.core import clock
from config.screens import totals
from finance.selectors import profit
from finance.selectors.profit import Margin
from finance.selectors.profit_groups import Asked
from marketplaces import registry

DAYS = 28


def shown(row: Margin | None) -> dict[str, Any] | None:
    """CM2, the share and band of CM3, and for how much of the net revenue each is known; in percent."""
    if row is None:
        return None
    return {
        "net_revenue": row.money("net_revenue"), "cm2": row.money("cm2"), "cm2_of": _percent(row.coverage("charged")),
        "cm2_share": _percent(row.percent("cm2")), "cm3": row.money("cm3"), "cm3_of": _percent(row.coverage("known")),
        "cm3_share": _percent(row.percent("cm3")), "band": row.band, "lacks": row.lacks,
    }  # fmt: skip


def _percent(value: Decimal | None) -> Decimal | None:
    return None if value is None else value * 100


def address(asked: Asked) -> str:
    """The page of margins for the same days."""
    query = {"since": asked.since.isoformat(), "until": asked.until.isoformat(), "currency": asked.to, **asked.only}
    return reverse("finance:margins") + "?" + urlencode(query)


def tile() -> dict[str, Any]:
    """The last four weeks over all marketplaces and of each, in the reporting currency."""
    today = clock.now().date()
    asked = Asked(today - timedelta(days=DAYS - 1), today, totals.reporting_currency())
    found = profit.margins("marketplace", asked)
    rows = [
        {"label": registry.get(row.key).label if registry.known(row.key) else row.label, **(shown(row) or {}),
         "href": address(Asked(asked.since, asked.until, asked.to, {"marketplace": row.key}))}
        for row in found.rows
    ]  # fmt: skip
    return {"whole": shown(found.whole), "rows": rows, "href": address(asked), "since": asked.since, "to": asked.to}


def columns(asked: Asked, keys: list[str]) -> dict[str, Any]:
    """Margins of the groups `keys`, of their whole, what its rounding is, and what no group shown bears.

    A group is a marketplace, below it a store, below that a product; of products only those shown are read.
    """
    is_products = "store" in asked.only
    by = "sku" if is_products else "store" if "marketplace" in asked.only else "marketplace"
    found = profit.margins(by, asked, keys=keys if is_products else None)
    rows: Mapping[str, Margin] = {row.key: row for row in found.rows if not row.is_account_level}
    return {
        "rows": {key: shown(rows.get(key)) for key in keys},
        "unborne": [shown(row) for row in found.rows if row.is_account_level or row.key not in keys],
        "whole": shown(found.whole), "rounding": found.rounding.get("cm2"), "href": address(asked),
    }  # fmt: skip


def narrowed(since: date, until: date, to: str, **only: str) -> Asked:
    """The question for these days, narrowed by what is not empty."""
    return Asked(since, until, to, {name: value for name, value in only.items() if value})
