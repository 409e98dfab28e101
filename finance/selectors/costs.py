"""Questions about costs: which are recorded, which hold on a day, and where one is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from config.core import clock
from finance import cost_gaps
from finance.models import Cost

LOOK_BACK = timedelta(days=400)
_PLACE = Coalesce("warehouse", 0)
"""NULL equals nothing in SQL; a key without a warehouse equals itself."""


def costs() -> QuerySet[Cost]:
    """Every row ever recorded, the newest day first."""
    return Cost.objects.select_related("sku", "warehouse").order_by("-valid_from", "-known_at", "-pk")


def valid(rows: QuerySet[Cost], *, on: date, known_at: datetime) -> QuerySet[Cost]:
    """Those rows that hold for their key on a day, as known at a moment; ends are left out."""
    same = Cost.objects.annotate(place=_PLACE).filter(
        sku=OuterRef("sku"), place=OuterRef("place"), currency=OuterRef("currency"), vendor=OuterRef("vendor"),
        valid_from__lte=on, known_at__lte=known_at,
    )  # fmt: skip
    later = Q(valid_from__gt=OuterRef("valid_from"))
    later |= Q(valid_from=OuterRef("valid_from"), known_at__gt=OuterRef("known_at"))
    found = rows.annotate(place=_PLACE).filter(valid_from__lte=on, known_at__lte=known_at, is_end=False)
    return found.exclude(Exists(same.filter(later)))


def history(*, cost: Cost) -> QuerySet[Cost]:
    """All rows of the key of this one: every day it was given for, and every time it was known otherwise."""
    return costs().filter(sku=cost.sku_id, warehouse=cost.warehouse_id, currency=cost.currency, vendor=cost.vendor)


def of_sku(*, sku_id: int, on: date | None = None) -> QuerySet[Cost]:
    """What holds for a SKU today (or on a day): one row per warehouse, currency and vendor."""
    now = clock.now()
    found = valid(Cost.objects.filter(sku=sku_id), on=on or now.date(), known_at=now)
    return found.select_related("warehouse").order_by(
        F("warehouse__label").asc(nulls_last=True), "-valid_from", "vendor"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A SKU at a place (None: anywhere) that is sold or held without a valid cost.

    `paid` is what buyers paid for the lines without one, by currency; `stock` counts what is there, on its way or ordered.
    """

    sku_id: int
    warehouse_id: int | None
    lines: int
    units: int
    first_on: date | None
    last_on: date | None
    paid: Mapping[str, Decimal]
    stock: int


def gaps(*, sku_ids: Iterable[int] | None = None) -> list[Gap]:
    """Where a cost is missing, the most sold first; of all SKUs or of these, looking back 400 days."""
    now = clock.now()
    given: dict[str, Any] = {
        "now": now, "today": now.date(), "since": now.date() - LOOK_BACK,
        "skus": None if sku_ids is None else list(sku_ids),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"{cost_gaps.PLACES_OF_SKUS} ORDER BY lines DESC, stock DESC, 1, 2 NULLS FIRST", given)
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Gap(**{**row, "paid": _paid(row["paid"])}) for row in rows]


def _paid(text: str) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in sorted(json.loads(text).items())}


def suggestions(*, sku_ids: Iterable[int]) -> dict[int, Cost]:
    """The last cost of each SKU, of any warehouse and vendor: a proposal where one is missing, never a cost."""
    wanted = Cost.objects.filter(sku__in=list(sku_ids), is_end=False)
    last = wanted.order_by("sku_id", "-valid_from", "-known_at", "vendor").distinct("sku_id")
    return {cost.sku_id: cost for cost in last}
