"""Shipments with the history of their tracking states; they name units, which their orders turn into lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplaces.adapters.otto.rows import units
from marketplaces.adapters.otto.rows.reading import each, moment, pieces_of, records, required, text
from marketplaces.canonical import ChangeKind, OrderChange, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page

KINDS = {
    "SENT": ChangeKind.SHIPPED,
    "ON_THE_WAY": ChangeKind.CHANGED,
    "DELIVERED_FOR_PICKUP": ChangeKind.CHANGED,
    "DELIVERY_ATTEMPT_FAILED": ChangeKind.CHANGED,
    "DELIVERED": ChangeKind.DELIVERED,
}


@whole_page
def order_changes(page: Page) -> Iterator[Row | Rejected]:
    """A shipment, a list of them, or `{"shipments": list, "orders": [order, ...]}`."""
    body = read_json(page)
    orders = records(body, "orders") if isinstance(body, Mapping) else []
    known = units.lines_of_units(orders)
    pieces = pieces_of(body, "shipments", "resources")
    yield from each(pieces, lambda raw: _changes(raw, known), name="shipment", id_key="shipmentId")


def _changes(raw: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[OrderChange]:
    shipment_id, key = required(raw, "shipmentId"), inner(raw, "trackingKey")
    happened = list(_happened(raw))
    if not happened:
        raise Unreadable("neither states nor a date is told; ask for the shipment by its id")
    for order_id, line_ids in _contents(raw, known).items():
        for word, at in happened:
            yield OrderChange(
                external_id=f"{shipment_id}:{order_id}:{word}:{at.isoformat()}",
                changed_at=at,
                order_id=order_id,
                kind=KINDS.get(word, ChangeKind.UNKNOWN),
                happened_at=at,
                kind_raw=word,
                line_ids=line_ids,
                carrier=text(key, "carrier"),
                tracking_number=text(key, "trackingNumber"),
                shipment_id=shipment_id,
            )


def _happened(raw: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    """State and time of each step; a shipment without history was sent when it was told."""
    steps = [(required(step, "state"), moment(step.get("occurredOn"), "occurredOn")) for step in records(raw, "states")]
    sent_at = moment(raw.get("shipDate"), "shipDate") or moment(raw.get("creationDate"), "creationDate")
    if "SENT" not in {word for word, _ in steps} and sent_at:
        yield "SENT", sent_at
    if not steps and sent_at and (word := text(raw, "state")) not in ("", "SENT"):
        yield word, sent_at
    yield from ((word, at) for word, at in steps if at)


def _contents(raw: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Line ids by order number; a unit whose order is not beside it stands for itself."""
    found: dict[str, list[str]] = {}
    for item in records(raw, "positionItems"):
        unit_id = required(item, "positionItemId")
        order, line_id, _ = known.get(unit_id, ({}, unit_id, {}))
        order_id = text(order, "orderNumber") or required(item, "salesOrderId")
        found.setdefault(order_id, []).append(line_id)
    if not found:
        raise Unreadable("positionItems is empty; ask for the shipment by its id")
    return {order_id: tuple(dict.fromkeys(line_ids)) for order_id, line_ids in found.items()}
