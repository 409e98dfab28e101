"""Questions about orders and stock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Coalesce

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
    Shortage,
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


def order_counts(*, now: datetime) -> dict[str, int]:
    """What a person must know first: to ship, late, and lines that wait for a product."""
    counts = orders_to_ship().aggregate(to_ship=Count("pk"), late=Count("pk", filter=Q(ship_by__lt=now)))
    return {**counts, "parked": parked_lines().count()}


def open_lines(*, sku_id: int) -> QuerySet[OrderLine]:
    """Order lines with units not yet shipped or cancelled, over all accounts."""
    return OrderLine.objects.filter(sku_id=sku_id, quantity__gt=F("quantity_shipped") + F("quantity_cancelled"))


def open_units(*, sku_id: int) -> int:
    """Units of these lines."""
    return open_lines(sku_id=sku_id).aggregate(total=Sum("quantity_open"))["total"] or 0


def warehouses() -> QuerySet[Warehouse]:
    """Our own places and the pools of accounts, by code."""
    return Warehouse.objects.select_related("account").order_by("code")


def own_warehouse_codes() -> dict[str, int]:
    """Our own warehouses by code, without the pools of marketplaces."""
    return dict(Warehouse.objects.filter(account=None).values_list("code", "pk"))


def warehouse_codes() -> dict[str, int]:
    return dict(Warehouse.objects.values_list("code", "pk"))


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
