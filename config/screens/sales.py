"""Sales from the whole down to one SKU: marketplace, store, product; by period, in each currency or converted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from config.core import clock
from config.core.permissions import Action
from config.core.screens import page, require
from config.core.templatetags.charts import COLOURS, Series
from config.screens import margins, totals
from inventory import sales as roll_ups
from marketplaces import registry

PERIODS = {"1": "Today", "7": "7 days", "30": "30 days", "90": "90 days"}
LONGEST = 400
MOST_SKUS = 50


@dataclass(frozen=True, slots=True)
class View:
    """What is asked: the span of days, the currency (`each`, or one to convert into), and how far we are down."""

    since: date
    until: date
    period: str
    currency: str
    marketplace: str = ""
    store: str = ""
    search: str = ""

    @property
    def days(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    @property
    def only(self) -> dict[str, Any]:
        """Conditions on the roll-ups; a store is `account key/channel`."""
        only: dict[str, Any] = {"account__marketplace": self.marketplace} if self.marketplace else {}
        if self.store:
            only["account__key"], _, only["channel"] = self.store.partition("/")
        return only

    def query(self, **changes: str) -> str:
        kept = {"period": self.period, "currency": self.currency, "marketplace": self.marketplace, "store": self.store}
        if self.period == "own":
            kept |= {"since": self.since.isoformat(), "until": self.until.isoformat()}
        return "?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})


def sales(request: HttpRequest) -> HttpResponse:
    """The drill-down as a page, or its figures alone when a control changed."""
    require(request, Action.VIEW_MONEY)
    view = read(request.GET)
    whole, groups = _figures(view)
    codes = {currency for _, currency in whole.days}
    to = view.currency if view.currency != "each" else totals.reporting_currency()
    converter = totals.Converter(to, codes, since=view.since, until=view.until)
    groups = sorted(groups, key=lambda group: -converter.total(group.days).known.amount)
    asked = margins.narrowed(view.since, view.until, to, marketplace=view.marketplace, store=view.store)
    earned = margins.columns(asked, [group.key for group in groups])
    rows = [{**_row(group, view, converter), "earned": earned["rows"][group.key]} for group in groups]
    total = converter.total(whole.days)
    context = {
        "view": view, "to": to, "is_each": view.currency == "each", "periods": PERIODS, "crumbs": _crumbs(view, whole),
        "currencies": sorted({totals.reporting_currency(), "EUR", "USD", *codes} - {""}),
        "rows": rows, "rounding": totals.rounding([row["total"] for row in rows], total),
        "is_products": bool(view.store), "most": MOST_SKUS,
        "total": total, "apart": totals.by_currency(whole.days), "basis": converter.basis(),
        "earned": earned, "orders": whole.orders, "units": whole.units, "charts": _charts(whole, groups, view, converter),
    }  # fmt: skip
    return page(request, "sales/page.html", "Sales", context)


def read(given: Mapping[str, str]) -> View:
    """The view from an address; what cannot be read falls back to thirty days in the reporting currency."""
    today = clock.now().date()
    since, until = _day(given.get("since")), _day(given.get("until")) or today
    period = given.get("period") or ("own" if since else "30")
    if period == "own" and since and since <= until:
        since = max(since, until - timedelta(days=LONGEST))
        period = next((p for p in PERIODS if until == today and (until - since).days == int(p) - 1), "own")
    else:
        period = period if period in PERIODS else "30"
        since, until = today - timedelta(days=int(period) - 1), today
    currency = given.get("currency", "")
    known = currency == "each" or (len(currency) == 3 and currency.isalpha() and currency.isupper())
    return View(
        since, until, period, currency if known else totals.reporting_currency(),
        given.get("marketplace", ""), given.get("store", ""), given.get("q", "").strip(),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _figures(view: View) -> tuple[roll_ups.Group, list[roll_ups.Group]]:
    """The whole of what is looked at, and its parts; at a store, the products that sold most are the parts."""
    if not view.store:
        by = "store" if view.marketplace else "marketplace"
        groups = roll_ups.sales_by(by, since=view.since, until=view.until, **view.only)
        return _sum(groups), groups
    groups = roll_ups.sku_groups(
        since=view.since, until=view.until, search=view.search, limit=MOST_SKUS, only=view.only
    )
    if view.search:
        return _sum(groups), groups
    return _sum(roll_ups.sales_by("store", since=view.since, until=view.until, **view.only)), groups


def _sum(groups: list[roll_ups.Group]) -> roll_ups.Group:
    whole = roll_ups.Group("", groups[0].label if len(groups) == 1 else "")
    for group in groups:
        whole.cells += group.cells
        for key, amount in group.days.items():
            whole.days[key] += amount
    return whole


def _row(group: roll_ups.Group, view: View, converter: totals.Converter) -> dict[str, Any]:
    per_day = converter.per_day(group.days)
    return {
        "label": _label(group, view),
        "href": _deeper(group, view),
        "orders": None if view.store else group.orders,
        "units": group.units,
        "unpriced": sum(cell.unpriced for cell in group.cells),
        "total": converter.total(group.days),
        "apart": totals.by_currency(group.days),
        "trend": [per_day.get(day) or Decimal(0) for day in view.days],
    }


def _label(group: roll_ups.Group, view: View) -> str:
    if not view.marketplace and registry.known(group.key):
        return registry.get(group.key).label
    return group.label


def _deeper(group: roll_ups.Group, view: View) -> str:
    if view.store:
        return reverse("sku", args=[group.key]) if group.key else reverse("unlinked")
    return view.query(store=group.key) if view.marketplace else view.query(marketplace=group.key)


def _crumbs(view: View, whole: roll_ups.Group) -> list[tuple[str, str]]:
    crumbs = [("All marketplaces", view.query(marketplace="", store=""))]
    if view.marketplace:
        label = registry.get(view.marketplace).label if registry.known(view.marketplace) else view.marketplace
        crumbs.append((label, view.query(store="")))
    if view.store:
        crumbs.append((whole.label or view.store.replace("/", " "), view.query()))
    return crumbs


def _charts(
    whole: roll_ups.Group, groups: list[roll_ups.Group], view: View, converter: totals.Converter
) -> list[tuple[str, list[Series]]]:
    """One chart in the chosen currency, stacked by group; or one chart per currency."""
    if view.currency == "each":
        return [(code, [Series(code, _in(code, whole.days))]) for code in totals.by_currency(whole.days)]
    is_all = len(groups) <= COLOURS and not view.store
    shown = groups if is_all else groups[: COLOURS - 1]
    series = [Series(_label(group, view), converter.per_day(group.days)) for group in shown]
    return [(converter.to, series if is_all else [*series, Series("others", _rest(whole, shown, converter))])]


def _in(code: str, days: totals.Days) -> dict[date, Decimal | None]:
    return {day: amount for (day, currency), amount in days.items() if currency == code}


def _rest(
    whole: roll_ups.Group, shown: list[roll_ups.Group], converter: totals.Converter
) -> dict[date, Decimal | None]:
    """What the groups with a colour of their own leave of the whole."""
    left = dict(whole.days)
    for group in shown:
        for key, amount in group.days.items():
            left[key] = left.get(key, Decimal(0)) - amount
    return converter.per_day(left)
