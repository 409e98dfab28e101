"""Orders: every piece is a position item of its own, with its own state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.money import Money, split
from marketplaces.adapters.otto.sandbox import ids
from marketplaces.adapters.otto.sandbox.replies import (
    amount,
    by_cursor,
    missing,
    moment,
    question,
    refuse,
    reply,
    stamp,
)
from marketplaces.canonical import OrderStatus
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder, WorldReturn

MOST = 128
CARRIERS = {"POSTNL": "HERMES"}
RETURNS_WITHIN = timedelta(days=40)
CANCELLABLE = frozenset({"PROCESSABLE", "CANCELLED_BY_PARTNER"})
TICK = timedelta(seconds=1)

Backs = Mapping[int, WorldReturn]


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece: which of its line, and how it stands."""

    line: WorldLine
    number: int
    status: str
    returned_at: datetime | None = None

    @property
    def unit_id(self) -> str:
        return ids.unit_id(self.line.serial, self.number)


def order_list(view: View, request: Request) -> Answer:
    """`GET /v4/orders`: by the time of the last change from `fromDate` on; open and hidden ones alike keep their place."""
    asked = question(request, "nextcursor")
    since = moment(asked.get("fromDate", "")) if "fromDate" in asked else view.at - timedelta(days=7)
    if since is None:
        return refuse(request, 400, "INVALID_DATE", "fromDate is not a time")
    found = view.orders(since=since, until=view.at + TICK)
    backs = backs_of(view, since - RETURNS_WITHIN)
    return by_cursor(request, found, lambda o: shown(o, backs), key="resources", cursor="nextcursor", most=MOST)


def order(view: View, request: Request) -> Answer:
    """`GET /v4/orders/{id}`: by technical id or by number."""
    serial = ids.order_serial(request.match["id"])
    found = view.order(serial) if serial is not None else None
    return reply(shown(found, backs_of(view, found.placed_at))) if found else missing(request)


def cancel(view: View, request: Request) -> Answer:
    """`POST /v4/orders/{id}/positionItems/{units}/cancellation`: open pieces, all of them or none."""
    serial = ids.order_serial(request.match["id"])
    found = view.order(serial) if serial is not None else None
    if found is None:
        return missing(request)
    known = {unit.unit_id: unit for unit in units_of(found, backs_of(view, found.placed_at))}
    wanted = [known.get(name) for name in request.match["units"].split(",")]
    if any(unit is None or unit.status not in CANCELLABLE for unit in wanted):
        return refuse(
            request, 409, "POSITION_ITEM_NOT_CANCELLABLE", "a piece is in another state; nothing is cancelled"
        )
    pieces = Counter(unit.line.serial for unit in wanted if unit and unit.status == "PROCESSABLE")
    if pieces:
        view.cancel_units(found.serial, pieces)
    return reply({})


def backs_of(view: View, since: datetime) -> Backs:
    """What came back since a moment, by line."""
    return {item.line_serial: item for item in view.returns(since=since, until=view.at + TICK)}


def units_of(found: WorldOrder, backs: Backs) -> list[Unit]:
    """Sent pieces first, those that came back first of them; cancelled ones last."""
    return [unit for line in found.lines for unit in _units(found, line, backs.get(line.serial))]


def _units(found: WorldOrder, line: WorldLine, back: WorldReturn | None) -> list[Unit]:
    waiting = "ANNOUNCED" if found.status == OrderStatus.PENDING else "PROCESSABLE"
    returned = back.quantity if back and back.is_handled else 0
    units = []
    for number in range(1, line.quantity + 1):
        if number <= returned and back:
            units.append(Unit(line, number, "RETURNED", back.returned_at))
        elif number <= line.shipped:
            units.append(Unit(line, number, "SENT"))
        elif number > line.quantity - line.cancelled:
            units.append(Unit(line, number, "CANCELLED_BY_PARTNER"))
        else:
            units.append(Unit(line, number, waiting))
    return units


def shown(found: WorldOrder, backs: Backs) -> dict[str, Any]:
    units = units_of(found, backs)
    body = {
        "salesOrderId": ids.sales_order_id(found.serial),
        "orderNumber": ids.order_number(found.serial),
        "orderDate": stamp(found.placed_at),
        "lastModifiedDate": stamp(found.updated_at),
        "orderLifecycleInformation": {"lifecycleChangeDate": stamp(found.updated_at)},
        "payment": {"paymentMethod": "PREPAYMENT" if found.status == OrderStatus.PENDING else "INVOICE_SINGLE"},
        "initialDeliveryFees": [_fee(line, units) for line in found.lines if line.shipping],
        "initialDiscounts": [_discount(line, units) for line in found.lines if line.discount],
        "positionItems": [item for line in found.lines for item in _items(found, line, units)],
    }
    return body if found.status == OrderStatus.PENDING else {**body, **_addresses(found)}


def carrier_of(found: WorldOrder) -> str:
    return CARRIERS.get(found.carrier, found.carrier)


def _items(found: WorldOrder, line: WorldLine, units: list[Unit]) -> list[dict[str, Any]]:
    own = [unit for unit in units if unit.line.serial == line.serial]
    discounts = split(line.discount, [Decimal(1)] * len(own))
    return [_item(found, unit, less) for unit, less in zip(own, discounts, strict=True)]


def _item(found: WorldOrder, unit: Unit, less: Money) -> dict[str, Any]:
    line = unit.line
    body = {
        "positionItemId": unit.unit_id,
        "fulfillmentStatus": unit.status,
        "itemValueGrossPrice": amount(line.unit_price),
        "product": {
            "sku": line.product.sku,
            "ean": line.product.ean,
            "articleNumber": ids.article_number(line.product.serial),
            "productTitle": line.product.title,
            "vatRate": (line.vat_rate * 100).normalize(),
            "dimensions": [],
        },
        "expectedDeliveryDate": stamp(found.deliver_by),
    }
    if less:
        body |= {"itemValueDiscount": amount(less), "itemValueReducedGrossPrice": amount(line.unit_price - less)}
    if unit.status in ("SENT", "RETURNED") and found.shipped_at:
        key = {"carrier": carrier_of(found), "carrierServiceCode": None, "trackingNumber": found.tracking_number}
        body |= {"sentDate": stamp(found.shipped_at), "trackingInfo": key}
    if unit.returned_at:
        body["returnedDate"] = stamp(unit.returned_at)
    if unit.status == "CANCELLED_BY_PARTNER" and found.cancelled_at:
        body |= {"cancellationDate": stamp(found.cancelled_at), "cancellationReason": "CANCELLED_ON_PARTNER_WISH"}
        body.pop("expectedDeliveryDate")
    return body


def _fee(line: WorldLine, units: list[Unit]) -> dict[str, Any]:
    return {
        "name": "DELIVERY_FEE_STANDARD",
        "deliveryFeeAmount": amount(line.shipping),
        "positionItemIds": [unit.unit_id for unit in units if unit.line.serial == line.serial],
        "vatRate": (line.vat_rate * 100).normalize(),
    }


def _discount(line: WorldLine, units: list[Unit]) -> dict[str, Any]:
    return {
        "discountId": f"d-{line.serial}",
        "discountName": "Aktion",
        "name": "PARTNER_DISCOUNT",
        "discountAmount": amount(line.discount),
        "positionItemIds": [unit.unit_id for unit in units if unit.line.serial == line.serial],
        "vatRate": (line.vat_rate * 100).normalize(),
    }


def _addresses(found: WorldOrder) -> dict[str, Any]:
    address = {
        "salutation": "COMPANY" if found.is_business else "UNKNOWN",
        "firstName": "Erika",
        "lastName": "Beispiel",
        "street": "Musterweg",
        "houseNumber": "7b",
        "zipCode": "20095",
        "city": "Hamburg",
        "countryCode": "DEU",
    }
    relay = {**address, "email": f"relay-{found.serial}@example.invalid"}
    return {"deliveryAddress": address, "invoiceAddress": relay}
