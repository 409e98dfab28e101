"""Parcels: open units of one order leave, a parcel gets another number, and events tell where it is."""

from __future__ import annotations

from typing import Any

from marketplaces.adapters.shopify.sandbox.graphql import Field
from marketplaces.adapters.shopify.sandbox.ids import gid, serial
from marketplaces.canonical import OrderStatus
from marketplaces.sandbox.facts import View, WorldOrder

CLOSED = frozenset({OrderStatus.PENDING, OrderStatus.CANCELLED})
EVENTS = "fulfillment_events"
NEWS = frozenset(
    {
        "ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "CONFIRMED", "DELAYED", "DELIVERED", "FAILURE", "IN_TRANSIT",
        "LABEL_PRINTED", "LABEL_PURCHASED", "OUT_FOR_DELIVERY", "READY_FOR_PICKUP",
    }
)  # fmt: skip


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


def cancel(view: View, call: Field) -> dict[str, Any]:
    """`orderCancel`: all of the order; one of which something has left is refused."""
    number = serial(call.arguments.get("orderId"), "Order")
    order = view.order(number) if number is not None else None
    if order is None or order.status in CLOSED or any(line.shipped for line in order.lines):
        wrong = {"field": ["orderId"], "message": "Cannot cancel this order", "code": "INVALID"}
        return {"job": None, "orderCancelUserErrors": [wrong]}
    view.cancel_units(order.serial, {line.serial: line.quantity for line in order.lines})
    return {"job": {"id": gid("Job", order.serial), "done": False}, "orderCancelUserErrors": []}


def _units(order: WorldOrder, rows: list[dict[str, Any]]) -> dict[int, int]:
    if not rows:
        left = {line.serial: line.quantity - line.shipped - line.cancelled for line in order.lines}
        return {line: count for line, count in left.items() if count}
    return {serial(row.get("id")) or 0: int(row.get("quantity") or 0) for row in rows}


def correct(view: View, call: Field) -> dict[str, Any]:
    """`fulfillmentTrackingInfoUpdate`: the number is replaced, as often as it is told."""
    order, told = _of(view, call.arguments.get("fulfillmentId")), call.arguments.get("trackingInfoInput") or {}
    if order is None or not told.get("number"):
        return _refused("Fulfillment not found.")
    parcel = {"carrier": told.get("company", order.carrier), "tracking_number": told["number"]}
    if not view.correct_parcel(order.serial, order.tracking_number, parcel):
        return _refused("The tracking info of this fulfillment cannot be changed")
    return {"fulfillment": {"id": gid("Fulfillment", order.serial), "status": "SUCCESS"}, "userErrors": []}


def tell(view: View, call: Field) -> dict[str, Any]:
    """`fulfillmentEventCreate`: every call is an event more."""
    told = call.arguments.get("fulfillmentEvent") or {}
    order = _of(view, told.get("fulfillmentId"))
    if order is None or told.get("status") not in NEWS:
        refused = {"field": ["fulfillmentEvent"], "message": "Fulfillment event is invalid"}
        return {"fulfillmentEvent": None, "userErrors": [refused]}
    known = (view.get(EVENTS, str(order.serial)) or {"events": []})["events"]
    event = {"status": told["status"], "happenedAt": told.get("happenedAt") or view.at.isoformat()}
    view.put(EVENTS, str(order.serial), {"events": [*known, event]})
    name = gid("FulfillmentEvent", order.serial * 100 + len(known))
    return {"fulfillmentEvent": {"id": name, "status": told["status"]}, "userErrors": []}


def _of(view: View, fulfillment: object) -> WorldOrder | None:
    number = serial(fulfillment, "Fulfillment")
    order = view.order(number) if number is not None else None
    return order if order and order.shipped_at else None


def _refused(message: str) -> dict[str, Any]:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}
