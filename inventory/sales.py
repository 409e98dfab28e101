"""Questions about sales, answered from the roll-ups: per account and store, per SKU, and who sells best."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import ceil

from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Concat

from inventory.models import (
    SalesDay,
    SkuDay,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """Sales of one group in one currency."""

    currency: str
    orders: int
    units: int
    revenue: Decimal
    unpriced: int = 0


@dataclass(slots=True)
class Group:
    """One row of the drill-down: what it is, its sales per currency, and its days for a chart and for conversion."""

    key: str
    label: str
    cells: list[Cell] = field(default_factory=list)
    days: dict[tuple[date, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def orders(self) -> int:
        return sum(cell.orders for cell in self.cells)

    @property
    def units(self) -> int:
        return sum(cell.units for cell in self.cells)


_BY: dict[str, tuple[str | Concat, str | Concat]] = {
    "marketplace": ("account__marketplace", "account__marketplace"),
    "account": ("account__key", "account__label"),
    "channel": ("channel", "channel"),
    "store": (Concat("account__key", Value("/"), "channel"), Concat("account__label", Value(" "), "channel")),
}


def sales_by(group: str, *, since: date, until: date, **only: object) -> list[Group]:
    """Sales per `marketplace`, `account`, `channel` or `store` (account key/channel) between two days (both included)."""
    key, label = (F(name) if isinstance(name, str) else name for name in _BY[group])
    found = SalesDay.objects.filter(day__range=(since, until), **only).annotate(group_key=key, group_label=label)
    rows = found.values_list("group_key", "group_label", "currency", "day").annotate(
        Sum("orders"), Sum("units"), Sum("revenue"), Sum("unpriced")
    )
    return _grouped(rows)


def _grouped(rows: Iterable[tuple[object, ...]]) -> list[Group]:
    groups: dict[str, Group] = {}
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for key, label, currency, day, *figures in rows:
        group = groups.setdefault(str(key), Group(str(key), str(label)))
        group.days[day, str(currency)] += figures[2]  # type: ignore[index,operator]
        sums[str(key), str(currency)] = [a + b for a, b in zip(sums[str(key), str(currency)], figures, strict=True)]  # type: ignore[operator]
    for (key, currency), (orders, units, revenue, unpriced) in sums.items():
        groups[key].cells.append(Cell(currency, int(orders), int(units), revenue, int(unpriced)))
    return list(groups.values())


def sku_groups(
    *, since: date, until: date, search: str = "", limit: int = 50, only: Mapping[str, object] | None = None
) -> list[Group]:
    """The SKUs that sold most units, each with its days; key is the SKU code, empty for what is not linked."""
    found = SkuDay.objects.filter(day__range=(since, until), **(only or {}))
    if search:
        found = found.filter(Q(sku__code__istartswith=search) | Q(sku__title__icontains=search))
    best = found.order_by().values_list("sku_id").annotate(sold=Sum("units")).order_by("-sold", "sku_id")[:limit]
    ids = [sku_id for sku_id, _ in best]
    mine = found.filter(Q(sku__in=[pk for pk in ids if pk]) | (Q(sku=None) if None in ids else Q(pk=None)))
    rows = mine.order_by("day").values_list("sku__code", "sku__title", "currency", "day")
    return _grouped(
        (code or "", f"{code} {title}" if code else "Products that are not linked yet", currency, day, 0, *figures, 0)
        for code, title, currency, day, *figures in rows.annotate(Sum("units"), Sum("revenue"))
    )


def sales_days(*, since: date, until: date) -> tuple[dict[tuple[date, str], Decimal], dict[date, int]]:
    """Revenue per day and currency, and orders per day, over all stores; days are each store's own."""
    found = SalesDay.objects.filter(day__range=(since, until)).values_list("day", "currency")
    revenue: dict[tuple[date, str], Decimal] = {}
    orders: dict[date, int] = defaultdict(int)
    for day, currency, amount, count in found.annotate(Sum("revenue"), Sum("orders")).order_by("day", "currency"):
        revenue[day, currency] = amount
        orders[day] += count
    return revenue, dict(orders)


def sku_days(*, sku_id: int, since: date, until: date) -> list[SkuDay]:
    """A SKU's days in every store."""
    found = SkuDay.objects.filter(sku_id=sku_id, day__range=(since, until)).select_related("account")
    return list(found.order_by("day", "account", "channel"))


def best_sellers(*, since: date, share: Decimal) -> set[int]:
    """SKUs among the given share of those with the most revenue since a day, ranked within each currency."""
    found = SkuDay.objects.filter(day__gte=since, sku__isnull=False, revenue__gt=0).order_by()
    ranked: dict[str, list[int]] = defaultdict(list)
    sums = found.values_list("sku_id", "currency").annotate(total=Sum("revenue")).order_by("-total", "sku_id")
    for sku_id, currency, _ in sums:
        ranked[currency].append(sku_id)
    return {sku for skus in ranked.values() for sku in skus[: ceil(len(skus) * share)]}
