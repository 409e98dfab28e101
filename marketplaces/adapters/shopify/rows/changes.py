"""What happened to orders: parcels and cancellations read from orders, and what webhooks push."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplaces.adapters.shopify.rows.reading import each, moment, number_of, pieces_of, records, required_id, text
from marketplaces.canonical import ChangeKind, OrderChange, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, whole_page


@whole_page
def order_changes(page: Page) -> Iterator[Row | Rejected]:
    """Parcels sent and delivered and cancellations of orders; of a pushed body the one happening it is about."""
    found = [p for p in pieces_of(page, "orders", "order", "nodes") if not _is_test(p)]
    yield from each(found, _changes, name="change of an order")


def _is_test(piece: Any) -> bool:
    return isinstance(piece, Mapping) and piece.get("test") is True


def _changes(raw: Mapping[str, Any]) -> Iterator[OrderChange]:
    if "updated_at" in raw or "created_at" in raw:
        yield pushed(raw)
        return
    order = required_id(raw)
    cancelled = moment(raw.get("cancelledAt"), "cancelledAt")
    if cancelled:
        yield _change(f"{order}:cancelled", order, (ChangeKind.CANCELLED, "cancelled"), cancelled)
    for parcel in records(raw, "fulfillments"):
        yield from _parcel(order, parcel)


def _parcel(order: str, parcel: Mapping[str, Any]) -> Iterator[OrderChange]:
    sent = moment(parcel.get("createdAt"), "createdAt")
    if sent is None or text(parcel, "status") not in ("", "SUCCESS"):
        return
    tracking = next(iter(records(parcel, "trackingInfo")), {})
    lines = tuple(required_id(inner(row, "lineItem")) for row in records(parcel, "fulfillmentLineItems"))
    facts = {
        "shipment_id": required_id(parcel),
        "carrier": text(tracking, "company"),
        "tracking_number": text(tracking, "number"),
        "line_ids": lines,
    }
    name = f"{order}:{facts['shipment_id']}"
    yield _change(f"{name}:shipped", order, (ChangeKind.SHIPPED, text(parcel, "displayStatus")), sent, **facts)
    delivered = moment(parcel.get("deliveredAt"), "deliveredAt")
    if delivered:
        yield _change(f"{name}:delivered", order, (ChangeKind.DELIVERED, "DELIVERED"), delivered, **facts)


def _change(name: str, order: str, kind: tuple[ChangeKind, str], at: datetime, **facts: Any) -> OrderChange:
    return OrderChange(
        external_id=name, changed_at=at, order_id=order, kind=kind[0], kind_raw=kind[1], happened_at=at, **facts
    )


def pushed(raw: Mapping[str, Any]) -> OrderChange:
    """A webhook's body: of an order, or of a refund, parcel or return that names its order. A trigger, nothing more.

    Its own id and time make the event's id, so that the same delivery through several subscriptions counts once.
    """
    at = moment(raw.get("updated_at") or raw.get("created_at"), "updated_at")
    order = number_of(raw.get("order_id")) or number_of(inner(raw, "order").get("id")) or required_id(raw)
    if at is None:
        raise Unreadable("updated_at is missing; the order is read again by polling")
    kind = _kind(raw)
    subject = text(raw, "admin_graphql_api_id").rpartition("gid://shopify/")[2] or f"Order/{order}"
    return _change(f"{subject}:{kind}:{at.isoformat()}", order, (kind, text(raw, "status")), at)


def _kind(raw: Mapping[str, Any]) -> ChangeKind:
    if "refund_line_items" in raw or "return_line_items" in raw:
        return ChangeKind.RETURNED
    if "tracking_number" in raw or "shipment_status" in raw:
        return ChangeKind.DELIVERED if raw.get("shipment_status") == "delivered" else ChangeKind.SHIPPED
    if raw.get("cancelled_at"):
        return ChangeKind.CANCELLED
    if raw.get("created_at") == raw.get("updated_at"):
        return ChangeKind.CREATED
    return ChangeKind.CHANGED
