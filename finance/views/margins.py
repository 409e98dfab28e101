"""Margins from the whole down to one order line, and the steps of what is looked at, in one reporting currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from config.core import clock
from config.core.api import reporting_currency
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.profit import MISSING, LineProfitFilter
from finance.models import LineProfit
from finance.profit_words import WORDS
from finance.profitability import STEPS
from finance.selectors import profit as selectors
from finance.selectors.profit import Margin, Margins, Step
from finance.selectors.profit_groups import MARGINS, Asked
from finance.views.statements import amount
from marketplaces import registry

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days"}
LONGEST = 400
DEPTHS = ("marketplace", "store", "brand", "sku", "listing")
TITLES = {
    "marketplace": "Marketplace",
    "store": "Store",
    "brand": "Brand",
    "sku": "SKU",
    "listing": "Listing",
    "day": "Day",
    "month": "Month",
}


@dataclass(frozen=True, slots=True)
class View:
    """What is asked: the days, the currency, how the rows are grouped, and what it is narrowed to."""

    asked: Asked
    by: str
    period: str

    def query(self, **changes: str) -> str:
        kept = {
            **self.asked.only, "since": self.asked.since.isoformat(), "until": self.asked.until.isoformat(),
            "currency": self.asked.to, "by": self.by,
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})


def read(given: Mapping[str, str]) -> View:
    """The view from an address; what cannot be read falls back to thirty days by the next level of the drill-down."""
    today = clock.now().date()
    until = _day(given.get("until")) or today
    period = given.get("period", "")
    since = _day(given.get("since")) or until - timedelta(days=29)
    if period in PERIODS:
        since, until = today - timedelta(days=int(period) - 1), today
    since = min(max(since, until - timedelta(days=LONGEST)), until)
    length = (until - since).days + 1
    only = {name: given[name] for name in DEPTHS if given.get(name)}
    currency = given.get("currency", "")
    is_code = len(currency) == 3 and currency.isalpha() and currency.isupper()
    by = given.get("by", "")
    asked = Asked(since, until, currency if is_code else reporting_currency(None), only)
    shown = next((key for key in PERIODS if until == today and int(key) == length), "")
    return View(asked, by if by in TITLES else _next(only), shown)


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.year > 1999 else None


def _next(only: Mapping[str, str]) -> str:
    """The level below the deepest one that is chosen."""
    deepest = max((DEPTHS.index(name) for name in only), default=-1)
    return DEPTHS[min(deepest + 1, len(DEPTHS) - 1)]


def margins(request: HttpRequest) -> HttpResponseBase:
    """The drill-down as a page, or its rows as CSV."""
    require(request, Action.VIEW_MONEY)
    view = read(request.GET)
    found = selectors.margins(view.by, view.asked)
    if request.GET.get("format") == "csv":
        return csv_response(f"Margins by {view.by}", CSV_NAMES, _csv(found, view))
    context = {
        "view": view, "title_of_rows": TITLES[view.by], "titles": TITLES, "periods": PERIODS, "to": view.asked.to,
        "rows": [_row(row, view) for row in found.rows], "whole": _row(found.whole, view) if found.whole else None,
        "rounding": found.rounding, "basis": selectors.basis(view.asked), "crumbs": _crumbs(view),
        "currencies": sorted({view.asked.to, reporting_currency(None), "EUR", "USD"}),
        "steps": reverse("finance:waterfall") + view.query(by=""), "lines": reverse("finance:profit_lines") + _lines(view),
    }  # fmt: skip
    return page(request, "finance/margins.html", "Margins", context)


CSV_NAMES = (
    "group", "name", "currency", "lines", "units", "returned", "net revenue", "CM1", "CM2", "CM3", "CM3 share", "costed",
    "charged", "settled", "mapped", "without a rate",
)  # fmt: skip


def _csv(found: Margins, view: View) -> list[list[Any]]:
    rows = [*found.rows, *([replace(found.whole, label="total")] if found.whole else [])]
    return [
        [
            row.key, _label(row, view), row.currency, row.lines, row.units, row.units_returned,
            *(money.amount if (money := row.money(name)) else None for name in MARGINS), row.percent("cm3"),
            *(row.coverage(name) for name in ("costed", "charged", "settled", "mapped")), " ".join(row.lacks),
        ]
        for row in rows
    ]  # fmt: skip


def _row(row: Margin, view: View) -> dict[str, Any]:
    return {
        "label": _label(row, view),
        "href": _deeper(row, view),
        "units": row.units,
        "returned": row.units_returned,
        "net_revenue": row.money("net_revenue"),
        "margins": [(name, row.money(name), _percent(row.percent(name))) for name in ("cm1", "cm2", "cm3")],
        "band": row.band,
        "coverage": [(name, _percent(row.coverage(name))) for name in ("costed", "charged", "settled", "mapped")],
        "lacks": row.lacks,
    }


def _percent(value: Decimal | None) -> Decimal | None:
    return None if value is None else value * 100


def _label(row: Margin, view: View) -> str:
    if row.is_account_level:
        return "charges of the account that no line bears"
    if view.by == "marketplace" and registry.known(row.key):
        return str(registry.get(row.key).label)
    if view.by == "sku":
        return f"{row.key} {row.label}" if row.key else "products without a SKU"
    return row.label or ("without a brand" if view.by == "brand" else "not known")


def _deeper(row: Margin, view: View) -> str:
    if row.is_account_level or not row.key:
        return ""
    if view.by in ("sku", "listing"):
        return reverse("finance:waterfall") + view.query(**{view.by: row.key, "by": ""})
    if view.by in DEPTHS:
        return view.query(**{view.by: row.key, "by": ""})
    if view.by == "day":
        return view.query(since=row.key, until=row.key, by="")
    last = (date.fromisoformat(f"{row.key}-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return view.query(since=f"{row.key}-01", until=min(last, view.asked.until).isoformat(), by="")


def _crumbs(view: View) -> list[tuple[str, str]]:
    crumbs = [("All marketplaces", view.query(**dict.fromkeys(DEPTHS, ""), by=""))]
    for place, name in enumerate(DEPTHS):
        if name in view.asked.only:
            value = view.asked.only[name]
            label = registry.get(value).label if name == "marketplace" and registry.known(value) else value
            crumbs.append((str(label), view.query(**dict.fromkeys(DEPTHS[place + 1 :], ""), by="")))
    return crumbs


def _lines(view: View, **more: str) -> str:
    """The query of the list of lines behind what is looked at."""
    only = view.asked.only
    account, _, rest = (only.get("listing") or only.get("store", "")).partition("/")
    channel, _, remote_id = rest.partition("/")
    wanted = {
        "day_after": view.asked.since.isoformat(), "day_before": view.asked.until.isoformat(), "sku": only.get("sku", ""),
        "marketplace": only.get("marketplace", ""), "account": account, "channel": channel,
        "remote_id": remote_id, **more,
    }  # fmt: skip
    return "?" + urlencode({name: value for name, value in wanted.items() if value})


STEP_NAMES = ("step", "amount", "together", "currency", "is margin")


def waterfall(request: HttpRequest) -> HttpResponseBase:
    """From gross to CM3, as a chart and a table, or as CSV; each step opens the lines that it is made of."""
    require(request, Action.VIEW_MONEY)
    view = read(request.GET)
    found = selectors.waterfall(view.asked)
    if request.GET.get("format") == "csv":
        told = [[s.name, s.amount.amount, s.total.amount, view.asked.to, s.is_margin] for s in found.steps]
        return csv_response("Steps of the margin", STEP_NAMES, told)
    address = reverse("finance:profit_lines")
    context = {
        "view": view, "found": found, "to": view.asked.to, "crumbs": _crumbs(view), "periods": PERIODS,
        "steps": [
            {**bar, "words": WORDS[step.name], "step": step,
             "href": address + _lines(view, step=step.name) if step.name in STEPS else ""}
            for step, bar in zip(found.steps, _bars(found.steps), strict=True)
        ],
        "reasons": [(MISSING.get(name, name), count, address + _lines(view, missing=name))
                    for name, count in found.reasons.items()],
        "currencies": sorted({view.asked.to, reporting_currency(None), "EUR", "USD"}),
        "back": reverse("finance:margins") + view.query(by=""), "basis": selectors.basis(view.asked),
    }  # fmt: skip
    return page(request, "finance/waterfall.html", "Steps of the margin", context)


def _bars(steps: tuple[Step, ...]) -> list[dict[str, str]]:
    """Where each step's bar begins and how wide it is, in percent of the widest reach. Pixels only."""
    reach = [step.total.amount for step in steps] + [step.total.amount - step.amount.amount for step in steps]
    low, high = min([Decimal(0), *reach]), max([Decimal(0), *reach])
    span = (high - low) or Decimal(1)
    found = []
    for step in steps:
        start = Decimal(0) if step.is_margin else step.total.amount - step.amount.amount
        left, right = sorted((start, step.total.amount))
        found.append({"left": f"{(left - low) / span * 100:.2f}", "width": f"{(right - left) / span * 100:.2f}"})
    return found


def _missing(row: LineProfit) -> str:
    return ", ".join(MISSING.get(name, name) for name in row.missing)


LINES = Listing(
    title="Order lines",
    subtitle="What each order line earned, in its own currency: charged amounts where its sale stands on a statement, "
    "expected ones until then. A dash is not known; the last column says why.",
    queryset=lambda request: selectors.lines(),
    filterset=LineProfitFilter,
    columns=(
        Column("Day", "day", "moment", sort="day"),
        Column("Order", "order_line.order_ref"),
        Column("SKU", "sku.code"),
        Column("Account", "account.label", is_wide_only=True),
        Column("Units", "units", "number"),
        Column("Net revenue", lambda row: amount(row.net_revenue, row.currency), "money", sort="net_revenue"),
        Column("CM1", lambda row: amount(row.cm1, row.currency), "money", sort="cm1"),
        Column("CM2", lambda row: amount(row.cm2, row.currency), "money", sort="cm2"),
        Column("CM3", lambda row: amount(row.cm3, row.currency), "money", sort="cm3"),
        Column("State", lambda row: "settled" if row.is_settled else "expected", "badge"),
        Column("Not known", _missing),
    ),
    order_by=("-day", "-order_line_id"),
    link=lambda row: reverse("order", args=[row.order_line.order_id]),
    permission=Action.VIEW_MONEY,
    empty="No order line fits. Profit is computed as orders, statements and costs arrive.",
)


def lines(request: HttpRequest) -> HttpResponseBase:
    return listing(request, LINES)
