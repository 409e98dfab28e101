"""What happened to an order: order notifications and the report of shipped parcels -> OrderChange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplaces.adapters.amazon.mapping.document import Document, Record, read, table
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.notification import Envelope, envelopes
from marketplaces.adapters.amazon.mapping.statuses import CHANGES, order_status
from marketplaces.adapters.amazon.mapping.values import Unreadable, moment
from marketplaces.canonical import ChangeKind, OrderChange, Rejected, Row
from marketplaces.contract import Page


def order_changes(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_notifications, from_table=_parcels)


def _notifications(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    return each(envelopes(raw), _change)


def _change(envelope: Envelope) -> Iterator[Row]:
    if envelope.kind != "ORDER_CHANGE":
        raise Unreadable(f"a notification of type {envelope.kind} is not an order change")
    body = envelope.payload.node("OrderChangeNotification")
    summary = body.node("Summary")
    items = summary.nodes("OrderItems")
    happened_at = body.node("OrderChangeTrigger").moment("TimeOfOrderChange") or envelope.happened_at
    if happened_at is None:
        raise Unreadable("the notification says neither when the order changed nor when it was sent")
    yield OrderChange(
        external_id=envelope.event_id,
        changed_at=happened_at,
        order_id=body.need("AmazonOrderId"),
        kind=_kind(body, summary, items),
        kind_raw=" ".join(word for word in (body.text("OrderChangeType"), summary.text("OrderStatus")) if word),
        happened_at=happened_at,
        line_ids=tuple(item.text("OrderItemId") for item in items if item.text("OrderItemId")),
    )


def _kind(body: Node, summary: Node, items: list[Node]) -> ChangeKind:
    if body.text("OrderChangeType") == "BuyerRequestedChange" or any(
        item.flag("IsBuyerRequestedCancel") for item in items
    ):
        return ChangeKind.CANCEL_REQUESTED
    if body.text("OrderChangeType") != "OrderStatusChange":
        return ChangeKind.UNKNOWN
    if summary.text("EasyShipShipmentStatus") == "Delivered":
        return ChangeKind.DELIVERED
    return CHANGES[order_status(summary.text("OrderStatus"))]


def _parcels(document: Document) -> Iterator[Row | Rejected]:
    report = table(document, "amazon-order-id", "shipment-id", "shipment-date")
    yield from each(report.records(), _parcel)


def _parcel(row: Record) -> Iterator[Row]:
    order_id, shipment_id = row.need("amazon-order-id"), row.need("shipment-id")
    line_id = row.text("amazon-order-item-id")
    shipped_at = moment(row.need("shipment-date"))
    unit = row.text("shipment-item-id") or line_id
    yield OrderChange(
        external_id=f"{shipment_id}:{unit}",
        changed_at=_reported(row) or shipped_at,
        order_id=order_id,
        kind=ChangeKind.SHIPPED,
        kind_raw="fulfilled shipment",
        happened_at=shipped_at,
        line_ids=(line_id,) if line_id else (),
        carrier=row.text("carrier"),
        tracking_number=row.text("tracking-number"),
        shipment_id=shipment_id,
    )


def _reported(row: Record) -> datetime | None:
    text = row.text("reporting-date")
    return moment(text) if text else None
