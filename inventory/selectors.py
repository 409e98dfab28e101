"""Questions about orders, stock and sales."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import ceil
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Abs, Coalesce, Concat

from catalog.models import RemoteProduct
from inventory.models import (
    AllocationRule,
    Feed,
    FulfilmentSwitch,
    Holding,
    Order,
    OrderEvent,
    OrderLine,
    Reservation,
    Return,
    SalesDay,
    Shortage,
    SkuDay,
    StockCount,
    StockLevel,
    StockMove,
    StockPolicy,
    Warehouse,
)

_UNITS = {f"units_{name}": Sum(name) for name in ("available", "reserved", "inbound", "unsellable")}
OPEN = ("to_ship", "partially_shipped")


def orders_to_ship(*, account_id: int | None = None) -> QuerySet[Order]:
    """Orders that we must ship ourselves and have not shipped completely."""
    found = Order.objects.filter(status__in=OPEN, fulfilment="merchant")
    return found.filter(account_id=account_id) if account_id else found


def orders_since(*, order_id: int, limit: int = 20) -> QuerySet[Order]:
    """Newest orders after a cursor."""
    return Order.objects.filter(pk__gt=order_id).select_related("account").order_by("-pk")[:limit]


def sales_days(*, since: date, until: date) -> tuple[dict[tuple[date, str], Decimal], dict[date, int]]:
    """Revenue per day and currency, and orders per day, over all stores; days are each store's own."""
    found = SalesDay.objects.filter(day__range=(since, until)).values_list("day", "currency")
    revenue: dict[tuple[date, str], Decimal] = {}
    orders: dict[date, int] = defaultdict(int)
    for day, currency, amount, count in found.annotate(Sum("revenue"), Sum("orders")).order_by("day", "currency"):
        revenue[day, currency] = amount
        orders[day] += count
    return revenue, dict(orders)


def timeline(*, order: Order) -> QuerySet[OrderEvent]:
    """Everything that happened to an order, from every source, in the order in which it happened."""
    return OrderEvent.objects.filter(account=order.account_id, order_ref=order.external_id).order_by(
        "happened_at", "pk"
    )


def orders() -> QuerySet[Order]:
    return Order.objects.select_related("account")


def returns() -> QuerySet[Return]:
    return Return.objects.select_related("account", "sku")


def levels() -> QuerySet[StockLevel]:
    return StockLevel.objects.select_related("warehouse", "sku")


def lines_of(*, order: Order) -> QuerySet[OrderLine]:
    return OrderLine.objects.filter(order=order).select_related("sku").order_by("pk")


def order_lines() -> QuerySet[OrderLine]:
    """All order lines, for a reference by id."""
    return OrderLine.objects.all()


def returns_of(*, order: Order) -> QuerySet[Return]:
    """What came back of an order, oldest first."""
    found = Return.objects.filter(account=order.account_id, order_ref=order.external_id)
    return found.select_related("sku").order_by("returned_at", "pk")


def parked_counts(*, account_ids: Iterable[int], remote_ids: Iterable[str]) -> dict[tuple[int, str], tuple[int, int]]:
    """Per account and product name: order lines that wait for it, and how many of them are not shipped."""
    found = OrderLine.objects.filter(account__in=list(account_ids), remote_id__in=list(remote_ids), sku=None)
    rows = found.order_by().values_list("account_id", "remote_id")
    counted = rows.annotate(lines=Count("pk"), unshipped=Count("pk", filter=Q(quantity_open__gt=0)))
    return {(account_id, name): (lines, unshipped) for account_id, name, lines, unshipped in counted}


def with_parked(products: QuerySet[RemoteProduct]) -> QuerySet[RemoteProduct]:
    """Names of products with the order lines that wait for them: `parked`, and `unshipped` among these."""
    waiting = OrderLine.objects.filter(account=OuterRef("account"), remote_id=OuterRef("remote_id"), sku=None)
    counted = waiting.order_by().values("account").annotate(count=Count("pk")).values("count")
    return products.annotate(
        parked=Coalesce(Subquery(counted), 0),
        unshipped=Coalesce(Subquery(counted.filter(quantity_open__gt=0)), 0),
    )


def levels_of(*, sku_id: int) -> QuerySet[StockLevel]:
    """Where a SKU lies, and how many."""
    return (
        StockLevel.objects.filter(sku_id=sku_id)
        .select_related("warehouse", "warehouse__account")
        .order_by("warehouse__label", "pk")
    )


def sku_days(*, sku_id: int, since: date, until: date) -> list[SkuDay]:
    """A SKU's days in every store."""
    found = SkuDay.objects.filter(sku_id=sku_id, day__range=(since, until)).select_related("account")
    return list(found.order_by("day", "account", "channel"))


def stock_totals() -> dict[str, Any]:
    """All units per state, and how many products are sold out somewhere."""
    return StockLevel.objects.aggregate(sold_out=Count("pk", filter=Q(available__lte=0)), places=Count("pk"), **_UNITS)


def pools() -> QuerySet[StockLevel, Any]:
    """Units per fulfilment pool or warehouse, with the oldest moment that they were observed at."""
    rows = StockLevel.objects.values("warehouse__code", "warehouse__label", "warehouse__fulfilment").order_by(
        "warehouse__label"
    )
    sold_out = Count("pk", filter=Q(available__lte=0))
    return rows.annotate(sold_out=sold_out, oldest=Min("observed_at"), **_UNITS)


def parked_lines(*, account_id: int | None = None) -> QuerySet[OrderLine]:
    """Order lines whose product means no SKU yet."""
    found = OrderLine.objects.filter(sku=None).exclude(remote_id="")
    return found.filter(account_id=account_id) if account_id else found


def parked_lines_of(*, account_id: int, remote_id: str) -> QuerySet[OrderLine]:
    """Order lines that wait for one name, with their orders, the latest first."""
    found = parked_lines(account_id=account_id).filter(remote_id=remote_id)
    return found.select_related("order").order_by("-order__ordered_at", "pk")


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


def order_counts(*, now: datetime) -> dict[str, int]:
    """What a person must know first: to ship, late, and lines that wait for a product."""
    counts = orders_to_ship().aggregate(to_ship=Count("pk"), late=Count("pk", filter=Q(ship_by__lt=now)))
    return {**counts, "parked": parked_lines().count()}


def open_units(*, sku_id: int) -> int:
    """Units ordered and not yet shipped or cancelled, over all accounts."""
    found = OrderLine.objects.filter(sku_id=sku_id, quantity__gt=F("quantity_shipped") + F("quantity_cancelled"))
    return found.aggregate(total=Sum("quantity_open"))["total"] or 0


def warehouses() -> QuerySet[Warehouse]:
    """Our own places and the pools of accounts, by code."""
    return Warehouse.objects.select_related("account").order_by("code")


def own_warehouse_codes() -> dict[str, int]:
    """Our own warehouses by code, without the pools of marketplaces."""
    return dict(Warehouse.objects.filter(account=None).values_list("code", "pk"))


def warehouse_codes() -> dict[str, int]:
    return dict(Warehouse.objects.values_list("code", "pk"))


def best_sellers(*, since: date, share: Decimal) -> set[int]:
    """SKUs among the given share of those with the most revenue since a day, ranked within each currency."""
    found = SkuDay.objects.filter(day__gte=since, sku__isnull=False, revenue__gt=0).order_by()
    ranked: dict[str, list[int]] = defaultdict(list)
    sums = found.values_list("sku_id", "currency").annotate(total=Sum("revenue")).order_by("-total", "sku_id")
    for sku_id, currency, _ in sums:
        ranked[currency].append(sku_id)
    return {sku for skus in ranked.values() for sku in skus[: ceil(len(skus) * share)]}


def holdings() -> QuerySet[Holding]:
    """What lies on our own shelves: on hand, reserved, available."""
    return Holding.objects.select_related("warehouse", "sku")


def stock_moves() -> QuerySet[StockMove]:
    """Every unit that came or went, with why."""
    return StockMove.objects.select_related("warehouse", "sku", "account")


def reservations() -> QuerySet[Reservation]:
    """What order lines hold of our shelves, and what has left them."""
    return Reservation.objects.select_related("warehouse", "sku", "order_line", "order_line__account")


def shortages(*, account_id: int | None = None) -> QuerySet[Shortage]:
    """Units that orders were promised and our stock does not cover, open ones only, with their order line."""
    found = lacks().filter(Q(missing__gt=0) | Q(unbacked__gt=0))
    return found.filter(account_id=account_id) if account_id else found


def lacks() -> QuerySet[Shortage]:
    """Shortages, open and over."""
    return Shortage.objects.select_related("account", "sku", "order_line", "order_line__order")


def feeds() -> QuerySet[Feed]:
    """Which warehouses of ours each account sells from, the first one first."""
    return Feed.objects.select_related("account", "warehouse").order_by("account__label", "priority", "pk")


def allocation_rules() -> QuerySet[AllocationRule]:
    return AllocationRule.objects.select_related("account", "sku", "listing")


def stock_policy() -> StockPolicy:
    """How this client treats its stock; the defaults where nobody said otherwise."""
    return StockPolicy.objects.order_by("pk").first() or StockPolicy()


def counts() -> QuerySet[StockCount]:
    """Counts, with how many units they differ from the ledger by."""
    found = StockCount.objects.select_related("warehouse")
    return found.annotate(skus=Count("lines"), differs=Sum(Abs(F("lines__counted") - F("lines__expected"))))


def switches() -> QuerySet[FulfilmentSwitch]:
    return FulfilmentSwitch.objects.select_related("listing", "listing__account", "listing__sku")
