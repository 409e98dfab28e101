"""Questions about orders, stock and sales."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from inventory.models import Order, OrderEvent, OrderLine, SalesDay, SkuDay

OPEN = ("to_ship", "partially_shipped")


def orders_to_ship(*, account_id: int | None = None) -> QuerySet[Order]:
    """Orders that we must ship ourselves and have not shipped completely."""
    found = Order.objects.filter(status__in=OPEN, fulfilment="merchant")
    return found.filter(account_id=account_id) if account_id else found


def late_orders(*, now: datetime) -> QuerySet[Order]:
    """Orders of ours that should have left by now."""
    return orders_to_ship().filter(ship_by__lt=now)


def orders_since(*, order_id: int, limit: int = 20) -> QuerySet[Order]:
    """Newest orders after a cursor."""
    return Order.objects.filter(pk__gt=order_id).select_related("account").order_by("-pk")[:limit]


def timeline(*, order: Order) -> QuerySet[OrderEvent]:
    """Everything that happened to an order, from every source, in the order in which it happened."""
    return OrderEvent.objects.filter(account=order.account_id, order_ref=order.external_id).order_by(
        "happened_at", "pk"
    )


def parked_lines(*, account_id: int | None = None) -> QuerySet[OrderLine]:
    """Order lines whose product means no SKU yet."""
    found = OrderLine.objects.filter(sku=None).exclude(remote_id="")
    return found.filter(account_id=account_id) if account_id else found


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


_BY = {
    "marketplace": ("account__marketplace", "account__marketplace"),
    "account": ("account__key", "account__label"),
    "channel": ("channel", "channel"),
}


def sales_by(group: str, *, since: date, until: date, **only: object) -> list[Group]:
    """Sales per `marketplace`, `account` or `channel` between two days (both included), from the roll-up."""
    key, label = _BY[group]
    found = SalesDay.objects.filter(day__range=(since, until), **only)
    rows = found.values_list(key, label, "currency", "day").annotate(
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


def sales_by_sku(*, since: date, until: date, limit: int = 50, **only: object) -> list[dict[str, object]]:
    """SKUs by units between two days, per currency; `sku__code` None is what is sold under unlinked names."""
    found = SkuDay.objects.filter(day__range=(since, until), **only)
    rows = found.values("sku_id", "sku__code", "sku__title", "currency")
    return list(rows.annotate(units=Sum("units"), revenue=Sum("revenue")).order_by("-units", "sku_id")[:limit])


def order_counts(*, now: datetime) -> dict[str, int]:
    """What a person must know first: to ship, late, and lines that wait for a product."""
    counts = orders_to_ship().aggregate(to_ship=Count("pk"), late=Count("pk", filter=Q(ship_by__lt=now)))
    return {**counts, "parked": parked_lines().count()}


def open_units(*, sku_id: int) -> int:
    """Units ordered and not yet shipped or cancelled, over all accounts."""
    found = OrderLine.objects.filter(sku_id=sku_id, quantity__gt=F("quantity_shipped") + F("quantity_cancelled"))
    return found.aggregate(total=Sum("quantity_open"))["total"] or 0
