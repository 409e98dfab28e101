"""Shipments with their transport events, and our confirmations of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from marketplaces.adapters.bol.actions import CODES, transporter
from marketplaces.adapters.bol.sandbox import ids, processes
from marketplaces.adapters.bol.sandbox.orders import METHODS, is_open, offer_of
from marketplaces.adapters.bol.sandbox.replies import PER_PAGE, bad, missing, paged, read, reply, stamp
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder

KEPT_FOR = (timedelta(days=8), timedelta(days=90))
REASONS = frozenset(
    {
        "OUT_OF_STOCK", "REQUESTED_BY_CUSTOMER", "BAD_CONDITION", "HIGHER_SHIPCOST", "INCORRECT_PRICE",
        "NOT_AVAIL_IN_TIME", "NO_BOL_GUARANTEE", "ORDERED_TWICE", "RETAIN_ITEM", "TECH_ISSUE", "UNFINDABLE_ITEM", "OTHER",
    }
)  # fmt: skip
IN_TRANSIT_AFTER = timedelta(hours=6)
FIRST_DIGIT = "6"


def shipment_list(view: View, request: Request) -> Answer:
    """`GET /retailer/shipments`: of one fulfilment method newest first, or of one order."""
    if of_order := request.params.get("order-id"):
        serial = ids.order_serial(of_order)
        one = view.order(serial) if serial is not None else None
        found = [one] if one and one.shipped_at else []
    else:
        method = request.params.get("fulfilment-method", "FBR")
        found = _newest(view, method, int(request.params.get("page", "1")) * PER_PAGE)
    return paged(request, found, "shipments", _reduced)


def _newest(view: View, method: str, wanted: int) -> list[WorldOrder]:
    """At least so many shipments where there are as many; the whole past is only looked at for late pages."""
    found: list[WorldOrder] = []
    for span in KEPT_FOR:
        changed = view.orders(since=view.at - span, until=view.at + timedelta(seconds=1))
        sent = [o for o in changed if METHODS[o.fulfilment] == method and o.shipped_at]
        found = sorted((o for o in sent if _sent_at(o) >= view.at - span), key=_newest_first)
        if len(found) >= wanted:
            break
    return found


def _newest_first(found: WorldOrder) -> tuple[float, int]:
    return -_sent_at(found).timestamp(), -found.serial


def shipment(view: View, request: Request) -> Answer:
    """`GET /retailer/shipments/{shipment-id}`."""
    serial = ids.shipped_serial(request.match["id"])
    found = view.order(serial) if serial is not None else None
    return reply(_detail(view, found)) if found and found.shipped_at else missing(request)


def ship(view: View, request: Request) -> Answer:
    """`POST /retailer/shipments`: takes open units of one order; the answer is a process status, not a shipment."""
    body = read(request)
    items = body.get("orderItems") or []
    lines = {ids.line_serial(str(item.get("orderItemId"))): item.get("quantity") for item in items}
    code = (body.get("transport") or {}).get("transporterCode", "")
    if not lines or None in lines:
        return bad(request, "orderItems", "must name order items")
    if code not in CODES and not body.get("shippingLabelId"):
        return bad(request, "transport.transporterCode", f"{code!r} is not a transporter")
    entity, serials = str(items[0]["orderItemId"]), [serial for serial in lines if serial is not None]
    found = view.order(serials[0] // 10)
    open_units = {line.serial: line.quantity - line.shipped - line.cancelled for line in found.lines} if found else {}
    units = {serial: int(lines[serial] or open_units.get(serial, 0)) for serial in serials}
    if found is None or any(not 0 < units[serial] <= open_units.get(serial, 0) for serial in serials):
        failed = "the order item is unknown or no longer open"
        return processes.started(view, "CREATE_SHIPMENT", entity, error=failed)
    tracking = (body.get("transport") or {}).get("trackAndTrace", "")
    view.confirm_shipment(found.serial, {"carrier": code, "tracking_number": tracking, "lines": units})
    return processes.started(view, "CREATE_SHIPMENT", entity)


def cancel(view: View, request: Request) -> Answer:
    """`PUT /retailer/orders/cancellation`: whole order items of one order; the answer is a process status."""
    items = read(request).get("orderItems") or []
    serials = [ids.line_serial(str(item.get("orderItemId"))) for item in items]
    if not items or any(item.get("reasonCode") not in REASONS for item in items):
        return bad(request, "orderItems", "must name order items with a reasonCode")
    found = view.order((serials[0] or 0) // 10)
    left = {line.serial: line.quantity - line.shipped for line in found.lines if is_open(line)} if found else {}
    entity = str(items[0]["orderItemId"])
    if found is None or any(serial not in left for serial in serials):
        return processes.started(view, "CANCEL_ORDER", entity, error="the order item is unknown or no longer open")
    view.cancel_units(found.serial, {serial: left[serial] for serial in serials if serial is not None})
    return processes.started(view, "CANCEL_ORDER", entity)


def change_transport(view: View, request: Request) -> Answer:
    """`PUT /retailer/transports/{transport-id}`: another code for a parcel; the answer is a process status."""
    body, number = read(request), request.match["id"]
    if not body.get("trackAndTrace"):
        return bad(request, "trackAndTrace", "must not be empty")
    serial = int(number[1:]) if number.isdigit() and number.startswith(FIRST_DIGIT) else None
    found = view.order(serial) if serial is not None else None
    told = {"carrier": body.get("transporterCode", ""), "tracking_number": body["trackAndTrace"]}
    is_known = found is not None and view.correct_parcel(found.serial, found.tracking_number, told)
    return processes.started(view, "CHANGE_TRANSPORT", number, error="" if is_known else "the transport is unknown")


def _transport_id(found: WorldOrder) -> str:
    return f"{FIRST_DIGIT}{found.serial}"


def _sent_at(found: WorldOrder) -> datetime:
    return found.shipped_at or found.placed_at


def _shipped(found: WorldOrder) -> list[WorldLine]:
    return [line for line in found.lines if line.shipped]


def _reduced(found: WorldOrder) -> dict[str, Any]:
    return {
        "shipmentId": ids.shipment_id(found.serial),
        "shipmentDateTime": stamp(_sent_at(found)),
        "shipmentReference": f"P-{found.serial}",
        "order": {"orderId": ids.order_id(found.serial), "orderPlacedDateTime": stamp(found.placed_at)},
        "shipmentItems": [
            {"orderItemId": ids.line_id(line.serial), "ean": line.product.ean} for line in _shipped(found)
        ],
        "transport": {"transportId": _transport_id(found)},
    }


def _detail(view: View, found: WorldOrder) -> dict[str, Any]:
    method = METHODS[found.fulfilment]
    return {
        **_reduced(found),
        "pickupPoint": False,
        "shipmentItems": [
            {
                "orderItemId": ids.line_id(line.serial),
                "fulfilment": {"method": method, "distributionParty": "RETAILER" if method == "FBR" else "BOL"},
                "offer": offer_of(view, found, line),
                "product": {"ean": line.product.ean, "title": line.product.title},
                "quantity": line.quantity,
                "quantityShipped": line.shipped,
                "unitPrice": line.unit_price.amount,
                "commission": abs(line.commission).amount,
            }
            for line in _shipped(found)
        ],
        "transport": {
            "transportId": _transport_id(found),
            "transporterCode": transporter(found.carrier),
            "trackAndTrace": found.tracking_number,
            "transportEvents": _events(view, found),
        },
    }


def _events(view: View, found: WorldOrder) -> list[dict[str, str]]:
    happened = [("AT_TRANSPORTER", _sent_at(found)), ("IN_TRANSIT", _sent_at(found) + IN_TRANSIT_AFTER)]
    if found.delivered_at:
        happened = [(code, at) for code, at in happened if at < found.delivered_at]
        happened.append(("DELIVERED_AT_CUSTOMER", found.delivered_at))
    return [{"eventCode": code, "eventDateTime": stamp(at)} for code, at in happened if at <= view.at]
