"""Questions about parcels and labels: what waits, what goes into the boxes, what an order's page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from config.core import clock
from inventory import selectors
from inventory.carriers.news import COMES_BACK, ENDS
from inventory.models import Label, LabelKind, LabelState, Manifest, Order, OrderLine, Parcel, ParcelItem, TrackingEvent
from marketplaces.models import CommandState

UNSCANNED_AFTER = timedelta(hours=24)
HEAVIER_G = 250
"""Carriers' scales and packing differ by this much; more is another weight than the label was bought for."""
SILENT_AFTER = timedelta(days=4)
"""A parcel within Europe is scanned every day or two; one without any news for longer is late or lost."""
WATCHED = (*selectors.OPEN, "shipped", "delivered", "cancelled")
BACK = tuple(state.value for state in COMES_BACK)
AT_AN_END = tuple(state.value for state in ENDS)


def board() -> QuerySet[Any]:
    """Orders that we must ship, with units open and packed, and labels bought and in trouble."""
    mine = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
    items = ParcelItem.objects.filter(line__order=OuterRef("pk"), parcel__cancelled_at=None).order_by()
    labels = Label.objects.filter(
        parcel__shipment__order=OuterRef("pk"), parcel__cancelled_at=None, kind=LabelKind.OUTBOUND
    )
    counted = labels.order_by().values("parcel__shipment__order")
    return (
        selectors.orders_to_ship()
        .select_related("account")
        .annotate(
            units=_number(mine.annotate(n=Sum("quantity_open"))),
            packed=_number(items.values("line__order").annotate(n=Sum("quantity"))),
            bought=_number(counted.filter(state=LabelState.BOUGHT).annotate(n=Count("pk"))),
            in_doubt=Exists(labels.filter(state__in=(LabelState.ASKED, LabelState.UNKNOWN))),
            refused=Exists(labels.filter(state__in=(LabelState.REFUSED, LabelState.ABSENT))),
            waits=Exists(labels.filter(state=LabelState.WANTED)),
        )
    )


def _number(rows: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(rows.values("n")[:1], output_field=IntegerField()), 0)


def labels() -> QuerySet[Label]:
    return Label.objects.select_related("account", "parcel__shipment__order__account")


def manifests() -> QuerySet[Manifest]:
    return Manifest.objects.select_related("account")


def parcels_of(order: Order) -> QuerySet[Parcel]:
    """The parcels of an order with what is in them, their labels and scans."""
    scans = Prefetch("scans", TrackingEvent.objects.order_by("-at", "-pk"))
    bought = Prefetch(
        "labels", Label.objects.select_related("account").prefetch_related(scans, "papers").order_by("pk")
    )
    items = Prefetch("items", ParcelItem.objects.select_related("line__sku"))
    found = Parcel.objects.filter(shipment__order=order).select_related("shipment", "command")
    return found.prefetch_related(items, bought).order_by("pk")


@dataclass(frozen=True, slots=True)
class Pick:
    """One product to take from the shelf: how many in all, and for which orders."""

    code: str
    title: str
    units: int
    orders: tuple[tuple[str, int], ...]


def pick_list(order_ids: Sequence[int]) -> list[Pick]:
    """What to take for these orders, by product; open units only, of a bundle the pieces that it is packed from."""
    lines = OrderLine.objects.filter(order__in=order_ids, quantity_open__gt=0).select_related("sku", "order")
    lines = lines.prefetch_related("sku__parts__component")
    grouped: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for line in lines.order_by("sku__code", "order__ship_by", "pk"):
        for code, title, pieces in _pieces(line):
            grouped[code, title].append((line.order_ref, line.quantity_open * pieces))
    return [
        Pick(code, title, sum(units for _, units in orders), tuple(orders))
        for (code, title), orders in sorted(grouped.items())
    ]


def _pieces(line: OrderLine) -> list[tuple[str, str, int]]:
    """Code, title and number of what one unit of a line is made of."""
    if line.sku is None:
        return [(line.remote_id, line.title, 1)]
    parts = [(part.component.code, part.component.title, part.quantity) for part in line.sku.parts.all()]
    return parts or [(line.sku.code, line.sku.title or line.title, 1)]


def silent() -> Q:
    """Labels whose parcel was scanned, has not arrived, and of which nothing was heard for days."""
    news = TrackingEvent.objects.filter(label=OuterRef("pk"), at__gte=clock.now() - SILENT_AFTER)
    left = Q(first_scan_at__lt=clock.now() - SILENT_AFTER, state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)
    return left & ~Q(tracking_state__in=AT_AN_END) & ~Q(Exists(news))


def heavier() -> Q:
    """Labels whose parcel is on its way and weighs more than it was declared with: the carrier charges for it."""
    return Q(weighed_g__gt=F("parcel__weight_g") + HEAVIER_G, state=LabelState.BOUGHT) & ~Q(
        tracking_state__in=AT_AN_END
    )


def late() -> Q:
    """Labels whose parcel is on its way after the day on which the marketplace promised it."""
    promised = Q(parcel__shipment__order__deliver_by__lt=clock.now(), state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)
    return promised & ~Q(tracking_state__in=AT_AN_END)


def coming_back() -> Q:
    return Q(tracking_state__in=BACK, state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)


def troubled() -> QuerySet[Parcel]:
    """Parcels whose label was not bought, waits unused, was never scanned, or lacks the number of a return label; and
    parcels that were scanned and not told, that come back, of which nothing is heard any more, that weigh more than was
    declared, that the marketplace did not take or knows under another number or by a label that was given back, or whose
    order is cancelled.
    """
    bought = Q(state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)
    mine = Label.objects.filter(parcel=OuterRef("pk"))
    old = clock.now() - UNSCANNED_AFTER
    told = KeyTextTransform("tracking_number", F("parcel__command__payload"))
    otherwise = mine.filter(bought).annotate(told=told).filter(~Q(told=F("tracking_number")), told__isnull=False)
    return Parcel.objects.filter(cancelled_at=None, shipment__order__status__in=WATCHED).filter(
        Exists(mine.filter(state__in=(LabelState.REFUSED, LabelState.ABSENT, LabelState.UNKNOWN)))
        | Exists(mine.filter(bought, first_scan_at=None, bought_at__lt=old))
        | Exists(mine.filter(bought, return_tracking_number=""))
        | Exists(mine.filter(bought, first_scan_at__isnull=False, parcel__command=None))
        | Exists(mine.filter(coming_back()))
        | Exists(mine.filter(silent()))
        | Exists(mine.filter(heavier()))
        | Exists(otherwise)
        | Q(Exists(mine.filter(state=LabelState.CANCELLED)), ~Exists(mine.filter(bought)), command__isnull=False)
        | Q(shipment__order__status="cancelled")
        | Q(command__state__in=(CommandState.REJECTED, CommandState.PARKED))
    )


def with_labels(parcels: QuerySet[Parcel]) -> QuerySet[Parcel]:
    return parcels.select_related("shipment__order__account", "command").prefetch_related(
        Prefetch(
            "labels",
            Label.objects.annotate(is_silent=_whether(silent()), is_heavier=_whether(heavier())).order_by("pk"),
        )
    )


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=True), default=False)


def has_label() -> Exists:
    """Whether a label was bought for a parcel of an order."""
    bought = Label.objects.filter(state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND)
    return Exists(bought.filter(parcel__shipment__order=OuterRef("pk")))
