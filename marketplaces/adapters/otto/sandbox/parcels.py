"""Shipments with their states, our confirmations of them, and what came back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from marketplaces.adapters.otto.answers import ALREADY_SHIPPED
from marketplaces.adapters.otto.carriers import FORWARDERS, PARCEL, RETURNS
from marketplaces.adapters.otto.sandbox import ids
from marketplaces.adapters.otto.sandbox.orders import TICK, backs_of, carrier_of, units_of
from marketplaces.adapters.otto.sandbox.replies import (
    by_cursor,
    by_number,
    missing,
    moment,
    question,
    read,
    refuse,
    reply,
    zulu,
)
from marketplaces.sandbox.facts import Answer, Request, View, WorldOrder, WorldReturn

MOVES_AFTER = timedelta(hours=6)
KEPT_FOR = timedelta(days=90)
DECIDED_AFTER = timedelta(hours=20)
CONDITIONS = {True: "A", False: "D"}


def shipment_list(view: View, request: Request) -> Answer:
    """`GET /v1/shipments`: told from `datefrom` on, which must be given."""
    since = moment(question(request, "next").get("datefrom", ""))
    if since is None:
        return refuse(request, 400, "DATEFROM_MISSING", "datefrom is a date or a time")
    changed = view.orders(since=since, until=view.at + TICK)
    found = [order for order in changed if order.shipped_at and order.shipped_at >= since]
    return by_cursor(request, found, _shipment, key="resources", cursor="next", most=25)


def shipment(view: View, request: Request) -> Answer:
    serial = ids.shipped_serial(request.match["id"])
    found = view.order(serial) if serial is not None else None
    return reply(_shipment(found)) if found and found.shipped_at else missing(request)


def shipment_by_number(view: View, request: Request) -> Answer:
    """`GET /v1/shipments/carriers/{carrier}/trackingnumbers/{number}`, of the latest weeks."""
    wanted = (request.match["carrier"], request.match["number"])
    for order in view.orders(since=view.at - timedelta(days=14), until=view.at + TICK):
        if order.shipped_at and (carrier_of(order), order.tracking_number) == wanted:
            return reply(_shipment(order))
    return missing(request)


def _shipment(found: WorldOrder) -> dict[str, Any]:
    sent_at = found.shipped_at or found.placed_at
    return {
        "shipmentId": ids.shipment_id(found.serial),
        "creationDate": zulu(sent_at),
        "trackingKey": {"carrier": carrier_of(found), "trackingNumber": found.tracking_number},
        "shipDate": zulu(sent_at),
        "shipFromAddress": {"city": "Kassel", "countryCode": "DEU", "zipCode": "34117"},
        "positionItems": [
            {
                "positionItemId": unit.unit_id,
                "salesOrderId": ids.sales_order_id(found.serial),
                "returnTrackingKey": {"carrier": "DHL", "trackingNumber": f"R{found.serial}"},
            }
            for unit in units_of(found, {})
            if unit.status == "SENT"
        ],
        "states": [{"state": word, "occurredOn": zulu(at)} for word, at in _states(found, sent_at)],
    }


def _states(found: WorldOrder, sent_at: datetime) -> list[tuple[str, datetime]]:
    if not found.delivered_at:
        return [("SENT", sent_at)]
    moving = [("ON_THE_WAY", sent_at + MOVES_AFTER)] if sent_at + MOVES_AFTER < found.delivered_at else []
    return [("SENT", sent_at), *moving, ("DELIVERED", found.delivered_at)]


def ship(view: View, request: Request) -> Answer:
    """`POST /v1/shipments`: of open units only, with a return number for each, from a warehouse."""
    return _ship(view, request, read(request), "shipmentId")


def ship_several(view: View, request: Request) -> Answer:
    """`POST /v1/multiparcel-shipments`: parcels that hold parts of the same pieces; the tracking of the first is shown."""
    told = read(request)
    bodies = told if isinstance(told, list) else []
    held = {tuple(str(item.get("positionItemId")) for item in body.get("positionItems") or ()) for body in bodies}
    if len(bodies) < 2 or len(held) != 1:
        return refuse(request, 400, "INVALID_BODY", "two or more parcels with the same position items are expected")
    malformed = (_malformed(request, body, body.get("positionItems") or []) for body in bodies)
    return next(filter(None, malformed), None) or _ship(view, request, bodies[0], "multiParcelShipmentId")


def _ship(view: View, request: Request, body: Any, name: str) -> Answer:
    items = (body.get("positionItems") or []) if isinstance(body, dict) else []
    refused = _malformed(request, body, items)
    if refused:
        return refused
    serials = [ids.unit_serials(str(item.get("positionItemId"))) for item in items]
    order_serials = {ids.order_serial(str(item.get("salesOrderId"))) for item in items}
    found = view.order(next(iter(order_serials)) or 0) if len(order_serials) == 1 else None
    if found is None or None in serials:
        return refuse(request, 400, "POSITION_ITEM_UNKNOWN", "position items of one known order are expected")
    states = {unit.unit_id: unit.status for unit in units_of(found, backs_of(view, found.placed_at))}
    told = {states.get(str(item["positionItemId"])) for item in items}
    if told & {"SENT", "RETURNED"}:
        return refuse(request, 409, ALREADY_SHIPPED, "a position item left with another shipment")
    if told != {"PROCESSABLE"}:
        return refuse(request, 409, "POSITION_ITEM_NOT_PROCESSABLE", "only released position items may leave")
    key = body["trackingKey"]
    units = Counter(serial[0] for serial in serials if serial)
    parcel = {"carrier": key["carrier"], "tracking_number": key.get("trackingNumber", ""), "lines": dict(units)}
    view.confirm_shipment(found.serial, parcel)
    return reply({name: ids.shipment_id(found.serial)}, status=201)


def _malformed(request: Request, body: Any, items: list[Any]) -> Answer | None:
    if not isinstance(body, dict) or not items:
        return refuse(request, 400, "INVALID_BODY", "a shipment with position items is expected")
    key = body.get("trackingKey") or {}
    if key.get("carrier") not in PARCEL | FORWARDERS:
        return refuse(request, 400, "CARRIER_UNKNOWN", f"{key.get('carrier')} is not a carrier")
    if not key.get("trackingNumber") and key.get("carrier") not in FORWARDERS:
        return refuse(request, 400, "TRACKING_NUMBER_MISSING", "only forwarders go without a tracking number")
    if not moment(str(body.get("shipDate", ""))) or not (body.get("shipFromAddress") or {}).get("zipCode"):
        return refuse(request, 400, "SHIP_FROM_MISSING", "shipDate and shipFromAddress are mandatory")
    backs = [item.get("returnTrackingKey") or {} for item in items]
    if not all(back.get("trackingNumber") and back.get("carrier") in RETURNS for back in backs):
        return refuse(request, 400, "RETURN_TRACKING_KEY_MISSING", "every position item needs a return number")
    return None


def return_list(view: View, request: Request) -> Answer:
    """`GET /v3/returns?status=`: one entry per piece, newest first, without any filter by date."""
    wanted = request.params.get("status", "ANNOUNCED")
    found = [
        (item, number)
        for item in view.returns(since=view.at - KEPT_FOR, until=view.at + TICK)
        for number in range(1, item.quantity + 1)
        if (wanted == "ACCEPTED") == item.is_handled and wanted in ("ANNOUNCED", "ACCEPTED")
    ]
    newest = sorted(found, key=lambda piece: (_decided_at(piece[0]), piece[0].serial, piece[1]), reverse=True)
    return by_number(request, newest, _returned, key="positionItems", first=1, most=50)


def _decided_at(item: WorldReturn) -> datetime:
    """The world keeps the hour of a decision to itself; it is never earlier than this after the goods came."""
    return item.returned_at + DECIDED_AFTER if item.is_handled else item.returned_at


def _returned(piece: tuple[WorldReturn, int]) -> dict[str, Any]:
    item, number = piece
    details: dict[str, Any] = {"returnTrackingKey": {"carrier": "HERMES", "trackingNumbers": [f"H{item.serial:019d}"]}}
    if item.is_handled:
        details = {"condition": CONDITIONS[item.is_sellable], "reason": "RETURN_RECEIVED"}
    return {
        "positionItemId": ids.unit_id(item.line_serial, number),
        "salesOrderId": ids.sales_order_id(item.order_serial),
        "status": "ACCEPTED" if item.is_handled else "ANNOUNCED",
        "occurredTime": zulu(_decided_at(item)),
        "details": details,
    }
