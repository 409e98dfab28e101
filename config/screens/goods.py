"""All stock of one SKU: every place with its cover, how old the goods are, how stock stood, and what is on its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from catalog import selectors as catalog
from catalog.models import Sku
from config.core import clock
from config.core.permissions import Action
from config.core.screens import page, require
from config.core.templatetags.charts import Series
from inventory import ageing, supply
from inventory import sales as roll_ups
from inventory import selectors as stock
from inventory.models import Coverage
from inventory.views.cover import WHY, note

DAYS = 90
WHY_NO_CHARGE = {
    "no_rate": "no rate is entered for our own places",
    "no_weight": "its weight is not known",
    "no_size": "its size is not known",
}


def goods(request: HttpRequest, code: str) -> HttpResponse:
    require(request, Action.VIEW)
    found = get_object_or_404(Sku.objects.select_related("product__brand"), code=code)
    today = clock.now().date()
    days = [today - timedelta(days=DAYS - n) for n in range(DAYS)]
    cover = supply.cover_of(sku_id=found.pk)
    context = {
        "sku": found, "rows": [_shown(row) for row in cover], "days": days,
        "history": _history(found, days), "sold": _sold(found, days), "ages": _ages(found, today, cover),
        "pool_ages": list(_pool_ages(found)),
        "inbound": supply.inbound_of(sku_id=found.pk), "listings": list(catalog.listings_of(sku_id=found.pk)),
        "holdings": supply.holdings_of(sku_id=found.pk), "levels": stock.levels_of(sku_id=found.pk),
        "policy": supply.policy(), "since": days[0], "today": today,
    }  # fmt: skip
    return page(request, "inventory/goods.html", f"Stock of {found.code}", context)


def _shown(row: Coverage) -> dict[str, Any]:
    return {"row": row, "pool": supply.pool_label(row), "why": WHY.get(row.why, row.why), "note": note(row)}


def _history(found: Sku, days: list[date]) -> list[Series]:
    """Units in each place at the end of each day; a day nobody saw is not known."""
    places: dict[str, dict[date, Decimal | None]] = defaultdict(dict)
    for each in supply.stock_days(sku_id=found.pk, since=days[0], until=days[-1]):
        name = each.warehouse.label if each.warehouse else "our own places"
        places[name][each.day] = None if each.on_hand is None else Decimal(each.on_hand)
    return [Series(name, values) for name, values in sorted(places.items())]


def _sold(found: Sku, days: list[date]) -> list[Series]:
    units: dict[str, dict[date, Decimal | None]] = {"by us": {}, "by marketplaces": {}}
    for row in roll_ups.sku_days(sku_id=found.pk, since=days[0], until=days[-1]):
        of = units["by marketplaces" if row.fulfilment == "marketplace" else "by us"]
        of[row.day] = (of.get(row.day) or Decimal(0)) + row.units
    return [Series(name, values) for name, values in units.items() if values]


def _ages(found: Sku, today: date, cover: Sequence[Coverage]) -> dict[str, Any]:
    """Units per bucket of age, first in and first out over all our places; what no receipt explains is older than we know."""
    receipts, on_hand = supply.receipts_of(sku_id=found.pk)
    told = sum(units for _, units in receipts)
    known = ageing.buckets(receipts, max(0, told - on_hand), today)
    most = max([*known.values(), 1])
    forecast = _forecast(cover, receipts, max(0, told - on_hand))
    return {"bars": list(_bars(known, most)), "unknown": max(0, on_hand - told), "on_hand": on_hand,
            "next": ageing.next_snapshot(today), "forecast": forecast,
            "charge": forecast and _charge(found, forecast)}  # fmt: skip


def _charge(found: Sku, forecast: ageing.Snapshot) -> tuple[str, str]:
    """What the next day of charging costs by the rates of our own places, and why that is not known."""
    told = ageing.charge(forecast.units, supply.rates_by_place().get(0, ()), on=forecast.on, body=supply.body(found))
    amounts = [f"{amount} {currency}" for currency, amount in sorted((told.amounts or {}).items())]
    return " + ".join(amounts) or "nothing", WHY_NO_CHARGE.get(told.why, told.why)


def _forecast(cover: Sequence[Coverage], receipts: list[tuple[date, int]], gone: int) -> ageing.Snapshot | None:
    """What the next day of charging will find; None where nobody knows how fast it sells."""
    velocity = next((row.velocity for row in cover if row.warehouse is None), None)
    if velocity is None:
        return None
    return ageing.forecast(receipts, gone, today=clock.now().date(), per_day=velocity)


def _pool_ages(found: Sku) -> Iterable[dict[str, Any]]:
    """The same as marketplaces tell it of their pools, in their own buckets, and what is stranded there."""
    for told in supply.health_of(sku_id=found.pk):
        known = {int(start): units for start, units in (told.ages or {}).items()}
        yield {"label": told.warehouse.label, "bars": list(_bars(known, max([*known.values(), 1]))), "told": told}


def _bars(known: dict[int, int], most: int) -> Iterable[dict[str, Any]]:
    starts = sorted(known)
    for start, following in zip(starts, [*starts[1:], 0], strict=True):
        label = f"{start} to {following - 1} days" if following else f"{start} days and more"
        is_charged = start >= ageing.SURCHARGED_FROM
        yield {"label": label, "units": known[start], "width": known[start] * 100 // most, "is_charged": is_charged}
