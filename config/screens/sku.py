"""One SKU with all that the apps know of it: names, listings, stock, ninety days of sales, open tickets."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from catalog import selectors as catalog
from catalog.models import Sku
from catalog.services import products
from catalog.views import publishing
from config.core import clock
from config.core.permissions import Action, may
from config.core.screens import page, require
from config.core.templatetags.charts import COLOURS, Series
from config.screens import totals
from finance.selectors import costs
from inventory import sales as roll_ups
from inventory import selectors as goods
from inventory.models import SkuDay
from marketplaces.canonical import IdentifierKind

DAYS = 90


def sku(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a SKU; `action=identify` gives it one more name."""
    require(request, Action.VIEW)
    found = get_object_or_404(Sku.objects.select_related("product__brand"), code=code)
    if request.method == "POST":
        return _identify(request, found)
    listings = list(catalog.listings_of(sku_id=found.pk))
    context = {
        "sku": found, "identifiers": list(catalog.identifiers_of(sku_id=found.pk)), "listings": listings,
        "names": list(catalog.names_of(sku_id=found.pk)), "levels": list(goods.levels_of(sku_id=found.pk)),
        "open_units": goods.open_units(sku_id=found.pk), "kinds": list(IdentifierKind),
        "fields": publishing.of_sku(found.pk), "can_link": may(request.user, Action.LINK_PRODUCTS),
        **(_money(found) if may(request.user, Action.VIEW_MONEY) else {}),
    }  # fmt: skip
    return page(request, "catalog/sku.html", found.code, context)


def _identify(request: HttpRequest, found: Sku) -> HttpResponse:
    require(request, Action.LINK_PRODUCTS)
    try:
        kind = IdentifierKind(request.POST.get("kind", ""))
        products.identify(found, kind, request.POST.get("value", "").strip())
    except (ValidationError, ValueError) as error:
        told = " ".join(error.messages) if isinstance(error, ValidationError) else "choose a kind of identifier"
        messages.error(request, told)
    else:
        messages.success(
            request, f"{found.code} has the name now; open products are linked by it from the next read on."
        )
    return redirect("sku", code=found.code)


def _money(found: Sku) -> dict[str, Any]:
    """What holds for it today and where a cost is missing, and what it sold."""
    gaps = costs.gaps(sku_ids=[found.pk])
    places = {place.pk: place.label for place in goods.warehouses()} if gaps else {}
    held = {
        "costs": list(costs.of_sku(sku_id=found.pk)),
        "gaps": [(gap, places.get(gap.warehouse_id or 0, "any place")) for gap in gaps],
        "last_cost": costs.suggestions(sku_ids=[found.pk]).get(found.pk), "may_see_money": True,
    }  # fmt: skip
    return {**held, **_sales(found)}


def _sales(found: Sku) -> dict[str, Any]:
    """Ninety days of units and revenue: per store, and converted into the reporting currency."""
    today = clock.now().date()
    since = today - timedelta(days=DAYS - 1)
    rows = roll_ups.sku_days(sku_id=found.pk, since=since, until=today)
    to = totals.reporting_currency()
    converter = totals.Converter(to, {row.currency for row in rows}, since=since, until=today)
    revenue: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    units: dict[str, dict[date, Decimal | None]] = defaultdict(dict)
    for row in rows:
        revenue[row.day, row.currency] += row.revenue
        days = units[store(row)]
        days[row.day] = (days.get(row.day) or Decimal(0)) + row.units
    return {
        "days": [since + timedelta(days=n) for n in range(DAYS)],
        "units": _largest(units),
        "revenue": [Series("revenue", converter.per_day(revenue))],
        "total": converter.total(revenue), "apart": totals.by_currency(revenue), "to": to, "basis": converter.basis(),
        "sold": sum(row.units for row in rows), "sold_30": sum(r.units for r in rows if (today - r.day).days < 30),
        "since": since, "today": today,
    }  # fmt: skip


def _largest(units: dict[str, dict[date, Decimal | None]]) -> list[Series]:
    """The stores that sold most, each in its colour; what is left together."""
    ranked = sorted(units, key=lambda name: -sum(filter(None, units[name].values()), Decimal(0)))
    shown, rest = (ranked, []) if len(ranked) <= COLOURS else (ranked[: COLOURS - 1], ranked[COLOURS - 1 :])
    others: dict[date, Decimal | None] = defaultdict(Decimal)
    for name in rest:
        for day, sold in units[name].items():
            others[day] = (others[day] or Decimal(0)) + (sold or Decimal(0))
    return [Series(name, units[name]) for name in shown] + ([Series("others", others)] if rest else [])


def store(row: SkuDay) -> str:
    return f"{row.account.label} {row.channel}".strip()
