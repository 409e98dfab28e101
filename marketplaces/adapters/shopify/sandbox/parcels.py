"""`fulfillmentCreate`: open units of one order leave."""

from __future__ import annotations

from typing import Any

from marketplaces.adapters.shopify.sandbox.graphql import Field
from marketplaces.adapters.shopify.sandbox.ids import gid, serial
from marketplaces.canonical import OrderStatus
from marketplaces.sandbox.facts import View, WorldOrder

CLOSED = frozenset({OrderStatus.PENDING, OrderStatus.CANCELLED})


def ship(view: View, call: Field) -> dict[str, Any]:
    """One call holds fulfilment orders of one order; rows left out mean all that is open."""
    given = call.arguments.get("fulfillment") or {}
    groups = given.get("lineItemsByFulfillmentOrder") or []
    serials = {serial(group.get("fulfillmentOrderId"), "FulfillmentOrder") for group in groups}
    number = serials.pop() if len(serials) == 1 else None
    order = view.order(number) if number is not None else None
    if order is None or order.status in CLOSED:
        return _refused("The fulfillment order is not open")
    units = _units(order, [row for group in groups for row in group.get("fulfillmentOrderLineItems") or []])
    open_units = {line.serial: line.quantity - line.shipped - line.cancelled for line in order.lines}
    if not units or any(not 0 < count <= open_units.get(line, 0) for line, count in units.items()):
        return _refused("Invalid fulfillment order line item quantity requested")
    tracking = given.get("trackingInfo") or {}
    parcel = {"carrier": tracking.get("company", ""), "tracking_number": tracking.get("number", ""), "lines": units}
    view.confirm_shipment(order.serial, parcel)
    return {"fulfillment": {"id": gid("Fulfillment", order.serial), "status": "SUCCESS"}, "userErrors": []}


def _units(order: WorldOrder, rows: list[dict[str, Any]]) -> dict[int, int]:
    if not rows:
        left = {line.serial: line.quantity - line.shipped - line.cancelled for line in order.lines}
        return {line: count for line, count in left.items() if count}
    return {serial(row.get("id")) or 0: int(row.get("quantity") or 0) for row in rows}


def _refused(message: str) -> dict[str, Any]:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}
