"""What happened to orders: shipments with their transport events, pushed events, and answers to our writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplaces.adapters.bol.rows.reading import each, moment, pieces_of, records, required, text
from marketplaces.canonical import ChangeKind, OrderChange, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page

KINDS = {
    "PRE_ANNOUNCED": ChangeKind.CHANGED,
    "AT_TRANSPORTER": ChangeKind.CHANGED,
    "IN_TRANSIT": ChangeKind.CHANGED,
    "INBOUND_COLLECT": ChangeKind.CHANGED,
    "AT_PICK_UP_POINT": ChangeKind.CHANGED,
    "DELIVERED_AT_NEIGHBOURS": ChangeKind.DELIVERED,
    "DELIVERED_AT_CUSTOMER": ChangeKind.DELIVERED,
    "PICKED_UP_AT_PICK_UP_POINT": ChangeKind.DELIVERED,
    "RETURNED_TO_SENDER": ChangeKind.RETURNED,
}
PUSHED = {"ORDER": ChangeKind.CHANGED, "SHIPMENT": ChangeKind.CHANGED, "PROCESS_STATUS": ChangeKind.WRITE_ANSWERED}


@whole_page
def order_changes(page: Page) -> Iterator[Row | Rejected]:
    """Shipments (list or detail), pushed events, or process statuses."""
    body = read_json(page)
    first = body[0] if isinstance(body, list) and body else body
    told = first.keys() if isinstance(first, Mapping) else frozenset()
    if "event" in told:
        yield from each(pieces_of(body, "events"), _pushed, name="event", id_key="timestamp")
    elif {"processStatuses", "eventType"} & told:
        yield from each(pieces_of(body, "processStatuses"), _answered, name="process status", id_key="processStatusId")
    else:
        yield from each(pieces_of(body, "shipments"), _shipment, name="shipment", id_key="shipmentId")


def _shipment(raw: Mapping[str, Any]) -> Iterator[OrderChange]:
    shipment_id, order_id = required(raw, "shipmentId"), required(inner(raw, "order") or raw, "orderId")
    transport = inner(raw, "transport")
    shared = {
        "order_id": order_id,
        "line_ids": tuple(required(item, "orderItemId") for item in records(raw, "shipmentItems")),
        "carrier": text(transport, "transporterCode"),
        "tracking_number": text(transport, "trackAndTrace"),
        "shipment_id": shipment_id,
    }
    if sent_at := moment(raw.get("shipmentDateTime"), "shipmentDateTime"):
        yield _change(f"{shipment_id}:shipped", ChangeKind.SHIPPED, sent_at, **shared)
    for event in records(transport, "transportEvents"):
        code, at = required(event, "eventCode"), moment(event.get("eventDateTime"), "eventDateTime")
        if at is None:
            raise Unreadable(f"eventDateTime of {code} is missing; ask for the shipment again")
        kind = KINDS.get(code, ChangeKind.UNKNOWN)
        yield _change(f"{shipment_id}:{code}:{at.isoformat()}", kind, at, kind_raw=code, **shared)


def _change(external_id: str, kind: ChangeKind, happened_at: datetime, **rest: Any) -> OrderChange:
    return OrderChange(external_id=external_id, kind=kind, happened_at=happened_at, changed_at=happened_at, **rest)


def _pushed(raw: Mapping[str, Any]) -> Iterator[OrderChange]:
    """A push names the thing that changed; its metadata may name the order and what happened."""
    event = inner(raw, "event")
    resource, found = required(event, "resource").upper(), inner(event, "metadata")
    at = moment(raw.get("timestamp"), "timestamp")
    if at is None:
        raise Unreadable("timestamp is missing; the event is pulled with the next shipment list")
    code = text(found, "eventCode", "transportEvent").upper()
    kind = KINDS.get(code, ChangeKind.UNKNOWN) if code else PUSHED.get(resource, ChangeKind.UNKNOWN)
    subject = text(event, "resourceId")
    yield _change(
        event_id(raw),
        kind,
        moment(text(found, "eventDateTime"), "eventDateTime") or at,
        kind_raw=code or f"{resource}:{text(event, 'type')}",
        order_id=text(found, "orderId") or (subject if resource == "ORDER" else ""),
        shipment_id=subject if resource == "SHIPMENT" else "",
        extra={"resource_id": subject, "answer": text(event, "type")},
    )


def event_id(raw: Mapping[str, Any]) -> str:
    """A push has no id of its own; a repeated delivery is the same in all of these."""
    event = inner(raw, "event")
    return ":".join([*(text(event, key) for key in ("resource", "type", "resourceId")), text(raw, "timestamp")])


def _answered(raw: Mapping[str, Any]) -> Iterator[OrderChange]:
    at = moment(raw.get("createTimestamp"), "createTimestamp")
    if at is None:
        raise Unreadable("createTimestamp is missing; ask for the process status again")
    status, name = text(raw, "status"), text(raw, "eventType")
    is_line = name in ("CREATE_SHIPMENT", "CONFIRM_SHIPMENT", "CANCEL_ORDER")
    yield _change(
        f"{required(raw, 'processStatusId', 'id')}:{status}",
        ChangeKind.WRITE_ANSWERED,
        at,
        kind_raw=f"{name}:{status}",
        order_id="",
        line_ids=(text(raw, "entityId"),) if is_line and text(raw, "entityId") else (),
        extra={"error": text(raw, "errorMessage")} if text(raw, "errorMessage") else {},
    )
