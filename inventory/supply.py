"""Questions about cover and goods on their way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from math import prod

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from catalog.models import Sku
from inventory.ageing import Body, Rate, StorageUnit
from inventory.models import (
    Coverage,
    Holding,
    InboundKind,
    InboundLine,
    InboundReceipt,
    InboundShipment,
    InboundState,
    MoveKind,
    PoolHealth,
    StockDay,
    StockMove,
    StorageRate,
    SupplyPolicy,
    Warehouse,
)

OWN, OWN_LABEL = "own", "our own places"
OPEN_INBOUND = (InboundState.PLANNED, InboundState.ORDERED, InboundState.IN_TRANSIT, InboundState.RECEIVING)


def policy() -> SupplyPolicy:
    """What the client wants to have; the product's defaults until somebody says otherwise."""
    return SupplyPolicy.objects.order_by("pk").first() or SupplyPolicy()


def cover() -> QuerySet[Coverage]:
    """SKUs in pools with how long they last."""
    return Coverage.objects.select_related("sku__product__brand", "warehouse")


def pool_label(row: Coverage) -> str:
    """The place's name; all our own places together have one."""
    return row.warehouse.label if row.warehouse else OWN_LABEL


def subjects(**only: object) -> Iterable[str]:
    """SKU and pool (0: our own) of rows, as one text."""
    found = Coverage.objects.filter(**only).order_by("days", "pk").values_list("sku_id", "warehouse_id")
    return (f"{sku_id}:{pool or 0}" for sku_id, pool in found)


def of_subjects(given: Sequence[str]) -> list[Coverage]:
    """The rows that such texts name."""
    pairs = {(int(sku), int(pool)) for sku, _, pool in (text.partition(":") for text in given)}
    found = cover().filter(Q(sku__in={sku for sku, _ in pairs})).order_by("pk")
    return [row for row in found if (row.sku_id, row.warehouse_id or 0) in pairs]


def pools() -> list[tuple[str, str]]:
    """What a pool is chosen from: our own places together, and each marketplace's."""
    theirs = Warehouse.objects.filter(account__isnull=False, fulfilment="marketplace").order_by("label")
    return [(OWN, OWN_LABEL), *theirs.values_list("code", "label")]


def place(code: str) -> Warehouse | None:
    """What such a choice names, None for our own places; raises ValidationError where it is none."""
    found = Warehouse.objects.filter(code=code, account__isnull=False, fulfilment="marketplace").first()
    if found is None and code != OWN:
        raise ValidationError(f"no place is called {code!r}")
    return found


def storage_rates() -> QuerySet[StorageRate]:
    """What places charge by age."""
    return StorageRate.objects.select_related("warehouse")


def rates_by_place() -> dict[int, list[Rate]]:
    """The same by place (0: our own together), as the formula takes them."""
    found: dict[int, list[Rate]] = defaultdict(list)
    for row in StorageRate.objects.order_by("pk"):
        rate = Rate(row.from_day, row.valid_from, row.rate, row.currency, StorageUnit(row.unit))
        found[row.warehouse_id or 0].append(rate)
    return found


def body(sku: Sku) -> Body:
    """How heavy and large one piece is, by the master data."""
    sides = (sku.length_mm, sku.width_mm, sku.height_mm)
    known = [side for side in sides if side]
    return Body(sku.weight_g, prod(known) if len(known) == len(sides) else None)


def cover_of(*, sku_id: int) -> list[Coverage]:
    """A SKU in every pool, our own places first."""
    return list(cover().filter(sku=sku_id).order_by(F("warehouse__label").asc(nulls_first=True)))


def stock_days(*, sku_id: int, since: date, until: date) -> list[StockDay]:
    """How a SKU's stock stood in each pool on each day."""
    found = StockDay.objects.filter(sku=sku_id, day__range=(since, until)).select_related("warehouse")
    return list(found.order_by("day", "pk"))


def holdings_of(*, sku_id: int) -> QuerySet[Holding]:
    return Holding.objects.filter(sku=sku_id).select_related("warehouse").order_by("warehouse__label")


def inbound_of(*, sku_id: int) -> QuerySet[InboundLine]:
    """What of a SKU is on its way, the next first."""
    found = InboundLine.objects.filter(sku=sku_id, shipment__state__in=OPEN_INBOUND)
    return found.select_related("shipment__destination").order_by(F("shipment__expected_on").asc(nulls_last=True), "pk")


def receipts_of(*, sku_id: int) -> tuple[list[tuple[date, int]], int]:
    """Days and units that came to our own places (a transfer between them brings nothing), and what lies there now."""
    came = (MoveKind.OPENING, MoveKind.RECEIPT, MoveKind.RESTOCK)
    moves = StockMove.objects.filter(sku=sku_id, kind__in=came).values_list("happened_at", "quantity")
    held = Holding.objects.filter(sku=sku_id).aggregate(units=Sum("on_hand"))["units"] or 0
    return [(moment.date(), units) for moment, units in moves.order_by("happened_at", "pk")], held


def inbound() -> QuerySet[InboundShipment]:
    """Goods on their way with their `units` and how many of them came (`came`)."""
    found = InboundShipment.objects.select_related("destination", "origin")
    return found.annotate(units=Coalesce(Sum("lines__quantity"), 0), came=Coalesce(Sum("lines__received"), 0))


def receipts(*, shipment: InboundShipment) -> QuerySet[InboundReceipt]:
    """What came of a shipment, the latest first."""
    found = InboundReceipt.objects.filter(line__shipment=shipment).select_related("line__sku")
    return found.order_by("-received_at", "-pk")


def health_of(*, sku_id: int) -> QuerySet[PoolHealth]:
    """What pools say about their goods of a SKU."""
    return PoolHealth.objects.filter(sku=sku_id).select_related("warehouse").order_by("warehouse__label", "pk")


def health(ids: Iterable[int]) -> list[PoolHealth]:
    """Rows with their SKU, those that mean one."""
    found = PoolHealth.objects.filter(pk__in=list(ids), sku__isnull=False)
    return list(found.select_related("warehouse", "sku__product").order_by("pk"))


def health_ids(**only: object) -> Iterable[str]:
    """Rows with units of a kind, as texts."""
    found = PoolHealth.objects.filter(sku__isnull=False, **only).order_by("pk")
    return map(str, found.values_list("pk", flat=True))


def sold_lately(sku_ids: Iterable[int]) -> dict[tuple[int, int | None], int]:
    """Units of thirty days by SKU and pool."""
    rows = Coverage.objects.filter(sku__in=list(sku_ids)).values_list("sku_id", "warehouse_id", "sold_30")
    return {(sku_id, place): units for sku_id, place, units in rows}


def shortages() -> QuerySet[InboundLine]:
    """Lines of closed shipments of which less came than was sent: to marketplaces' pools, and between our own places."""
    sent = Q(shipment__destination__account__isnull=False) | Q(shipment__kind=InboundKind.TRANSFER)
    found = InboundLine.objects.filter(sent, shipment__state=InboundState.CLOSED, received__lt=F("quantity"))
    return found.select_related("shipment__destination", "sku__product").order_by("pk")
