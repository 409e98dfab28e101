"""Orders with their payments, parcels, refunds and returns, from the world's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.shopify.sandbox.graphql import connection
from marketplaces.adapters.shopify.sandbox.ids import LOCATION, bag, capture, gid, repayment, serial
from marketplaces.adapters.shopify.sandbox.parcels import EVENTS
from marketplaces.canonical import OrderStatus
from marketplaces.sandbox import people
from marketplaces.sandbox.facts import View, WorldLine, WorldOrder, WorldReturn
from marketplaces.sandbox.tariffs import part, split_vat

FULFILMENT = {
    OrderStatus.PENDING: "UNFULFILLED",
    OrderStatus.TO_SHIP: "UNFULFILLED",
    OrderStatus.PARTIALLY_SHIPPED: "PARTIALLY_FULFILLED",
    OrderStatus.SHIPPED: "FULFILLED",
    OrderStatus.DELIVERED: "FULFILLED",
    OrderStatus.CANCELLED: "UNFULFILLED",
}
_BOUND = re.compile(r"(updated_at|issued_at):(>=|<)'([^']+)'")
_EVER = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), timedelta(seconds=1))


def span(view: View, query: str) -> tuple[datetime, datetime]:
    """The half-open span that a search names; without one it is everything."""
    told = {sign: datetime.fromisoformat(at) for _, sign, at in _BOUND.findall(query or "")}
    return told.get(">=", _EVER[0]), told.get("<", view.at + _EVER[1])


def search(view: View, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """`orders(query:)` by the time of change; those with a return by the time of the return's change."""
    query = str(arguments.get("query") or "")
    since, until = span(view, query)
    if "return_status:" in query:
        serials = dict.fromkeys(back.order_serial for back in view.returns(since=since, until=until))
        found = [order for number in serials if (order := view.order(number))]
    else:
        found = view.orders(since=since, until=until)
    page = connection(found, arguments)
    page["nodes"] = shown(view, page["nodes"])
    return page


def one(view: View, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    number = serial(arguments.get("id"), "Order")
    found = view.order(number) if number is not None else None
    return shown(view, [found])[0] if found else None


def several(view: View, arguments: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """`nodes(ids:)`, in the order asked for, null where there is none."""
    numbers = [serial(text, "Order") for text in arguments.get("ids") or []]
    found = [view.order(number) if number is not None else None for number in numbers]
    told = {order["id"]: order for order in shown(view, [order for order in found if order])}
    return [told.get(gid("Order", order.serial)) if order else None for order in found]


def shown(view: View, found: list[WorldOrder]) -> list[dict[str, Any]]:
    since = min((order.placed_at for order in found), default=view.at)
    backs: dict[int, list[WorldReturn]] = defaultdict(list)
    for back in view.returns(since=since, until=view.at + _EVER[1]) if found else ():
        backs[back.order_serial].append(back)
    told = {key: kept["events"] for key, kept in view.shelf(EVENTS)}
    return [
        _order(order, {back.line_serial: back for back in backs[order.serial]}, told.get(str(order.serial), []))
        for order in found
    ]


def _order(order: WorldOrder, backs: Mapping[int, WorldReturn], events: list[dict[str, Any]]) -> dict[str, Any]:
    currency = order.store.currency
    worth = total((line.unit_price * line.quantity - line.discount for line in order.lines), currency)
    tax = total((_tax(line) for line in order.lines), currency)
    none = Money(Decimal(0), currency)
    refunds = [_refund(line, backs[line.serial]) for line in order.lines if _is_repaid(line, backs)]
    is_off = order.status == OrderStatus.CANCELLED
    return {
        "id": gid("Order", order.serial),
        "name": f"#T{order.serial % 100_000}",
        "confirmationNumber": f"C{order.serial}",
        "createdAt": stamp(order.placed_at),
        "processedAt": stamp(order.placed_at),
        "updatedAt": stamp(order.updated_at),
        "cancelledAt": stamp(order.cancelled_at) if is_off else None,
        "cancelReason": "CUSTOMER" if is_off else None,
        "closedAt": stamp(order.delivered_at),
        "test": False,
        "currencyCode": currency,
        "presentmentCurrencyCode": currency,
        "taxesIncluded": True,
        "displayFinancialStatus": _paid(order, refunds),
        "displayFulfillmentStatus": FULFILMENT[order.status],
        "returnStatus": "RETURNED" if refunds else "IN_PROGRESS" if backs else "NO_RETURN",
        "sourceName": "web",
        "sourceIdentifier": None,
        "paymentGatewayNames": ["shopify_payments"],
        "totalPriceSet": bag(worth),
        "currentTotalPriceSet": bag(worth),
        "totalRefundedSet": bag(none),
        "totalTaxSet": bag(tax),
        "totalDiscountsSet": bag(total((line.discount for line in order.lines), currency)),
        "totalShippingPriceSet": bag(none),
        "shippingAddress": _address(order),
        "lineItems": connection([_line(line, backs) for line in order.lines], {}),
        "shippingLines": connection([], {}),
        "transactions": [*_payments(order), *(tx for refund in refunds for tx in refund["transactions"]["nodes"])],
        "fulfillments": _parcels(order, events),
        "refunds": refunds,
        "returns": connection([_return(line, backs[line.serial]) for line in order.lines if line.serial in backs], {}),
        "fulfillmentOrders": connection([_work(order)], {}),
    }


def _address(order: WorldOrder) -> dict[str, Any]:
    place = people.place(order.country)
    return {
        "name": people.NAME, "company": None, "address1": f"{place.street} {place.house}", "address2": None,
        "zip": place.postal_code, "city": place.city, "provinceCode": None, "countryCodeV2": order.country, "phone": None,
    }  # fmt: skip


def stamp(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _is_repaid(line: WorldLine, backs: Mapping[int, WorldReturn]) -> bool:
    return line.serial in backs and backs[line.serial].is_handled


def _paid(order: WorldOrder, refunds: list[Any]) -> str:
    if order.status == OrderStatus.PENDING:
        return "PENDING"
    if order.status == OrderStatus.CANCELLED:
        return "VOIDED"
    if refunds:
        return "PARTIALLY_REFUNDED"
    sent = [line for line in order.lines if line.shipped]
    return "AUTHORIZED" if not sent else "PAID" if len(sent) == len(order.lines) else "PARTIALLY_PAID"


def _tax(line: WorldLine) -> Money:
    return split_vat(line.unit_price * line.quantity, line.vat_rate)[1] - split_vat(line.discount, line.vat_rate)[1]


def _line(line: WorldLine, backs: Mapping[int, WorldReturn]) -> dict[str, Any]:
    back = backs[line.serial].quantity if _is_repaid(line, backs) else 0
    product = line.product
    rate, tax = line.vat_rate, _tax(line)
    return {
        "id": gid("LineItem", line.serial),
        "sku": product.sku,
        "title": product.title,
        "variantTitle": None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity - line.cancelled - back,
        "unfulfilledQuantity": line.quantity - line.cancelled - line.shipped,
        "requiresShipping": True,
        "isGiftCard": False,
        "originalUnitPriceSet": bag(line.unit_price),
        "originalTotalSet": bag(line.unit_price * line.quantity),
        "discountAllocations": [{"allocatedAmountSet": bag(line.discount)}] if line.discount else [],
        "taxLines": [{"title": "VAT", "rate": float(rate), "channelLiable": False, "priceSet": bag(tax)}],
        "variant": {"id": gid("ProductVariant", 100_000 + product.serial), "sku": product.sku, "barcode": product.ean},
        "product": {"id": gid("Product", 7_100_000 + product.serial)},
    }


def _payments(order: WorldOrder) -> list[dict[str, Any]]:
    """Payment is authorised when the order is placed, and captured position by position as they leave."""
    whole = total((line.unit_price * line.quantity - line.discount for line in order.lines), order.store.currency)
    is_ready = order.status != OrderStatus.PENDING
    first = _payment(gid("OrderTransaction", order.serial * 100), "AUTHORIZATION", order.placed_at, whole)
    first["status"] = "SUCCESS" if is_ready else "PENDING"
    gone = [line for line in order.lines if line.shipped and line.shipped + line.cancelled == line.quantity]
    at = order.shipped_at or order.updated_at
    return [first, *(_payment(capture(line.serial), "CAPTURE", at, _worth(line)) for line in gone)]


def _worth(line: WorldLine) -> Money:
    return line.unit_price * (line.quantity - line.cancelled) - line.discount


def _payment(name: str, kind: str, at: datetime, paid: Money) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "status": "SUCCESS",
        "test": False,
        "gateway": "shopify_payments",
        "processedAt": stamp(at),
        "amountSet": bag(paid),
        "fees": [],
    }


def _refund(line: WorldLine, back: WorldReturn) -> dict[str, Any]:
    share = Decimal(back.quantity) / (line.quantity - line.cancelled)
    goods, given = line.unit_price * back.quantity, part(line.discount, share)
    tax = split_vat(goods, line.vat_rate)[1] - split_vat(given, line.vat_rate)[1]
    paid = goods - given
    row = {
        "quantity": back.quantity,
        "restockType": "RETURN" if back.is_sellable else "NO_RESTOCK",
        "subtotalSet": bag(paid),
        "totalTaxSet": bag(tax),
        "lineItem": {"id": gid("LineItem", line.serial), "sku": line.product.sku},
    }
    return {
        "id": gid("Refund", line.serial),
        "createdAt": stamp(back.returned_at),
        "totalRefundedSet": bag(paid),
        "refundLineItems": connection([row], {}),
        "refundShippingLines": connection([], {}),
        "orderAdjustments": connection([], {}),
        "transactions": connection([_payment(repayment(line.serial), "REFUND", back.returned_at, paid)], {}),
    }


def _return(line: WorldLine, back: WorldReturn) -> dict[str, Any]:
    done = back.quantity if back.is_handled else 0
    item = {"id": gid("LineItem", line.serial), "sku": line.product.sku, "variant": _variant(line)}
    row = {
        "id": gid("ReturnLineItem", line.serial),
        "quantity": back.quantity,
        "processedQuantity": done,
        "refundedQuantity": done,
        "returnReasonDefinition": {"handle": back.reason, "name": back.reason.replace("_", " ").capitalize()},
        "fulfillmentLineItem": {"lineItem": item},
    }
    return {
        "id": gid("Return", line.serial),
        "status": "CLOSED" if back.is_handled else "OPEN",
        "createdAt": stamp(back.returned_at),
        "closedAt": stamp(back.returned_at + timedelta(hours=20)) if back.is_handled else None,
        "returnLineItems": connection([row], {}),
    }


def _variant(line: WorldLine) -> dict[str, Any]:
    return {"id": gid("ProductVariant", 100_000 + line.product.serial), "barcode": line.product.ean}


def _parcels(order: WorldOrder, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sent = [line for line in order.lines if line.shipped]
    if not sent or order.shipped_at is None:
        return []
    rows = [{"quantity": line.shipped, "lineItem": {"id": gid("LineItem", line.serial)}} for line in sent]
    return [
        {
            "id": gid("Fulfillment", order.serial),
            "status": "SUCCESS",
            "displayStatus": "DELIVERED" if order.delivered_at else "FULFILLED",
            "createdAt": stamp(order.shipped_at),
            "updatedAt": stamp(order.updated_at),
            "deliveredAt": stamp(order.delivered_at),
            "inTransitAt": None,
            "estimatedDeliveryAt": None,
            "trackingInfo": [{"company": order.carrier, "number": order.tracking_number, "url": None}],
            "fulfillmentLineItems": connection(rows, {}),
            "events": connection(events, {}),
        }
    ]


def _work(order: WorldOrder) -> dict[str, Any]:
    """The work to do, at the one location; before it is paid for it is on hold."""
    left = {line.serial: line.quantity - line.shipped - line.cancelled for line in order.lines}
    is_held = order.status == OrderStatus.PENDING
    status = "ON_HOLD" if is_held else "OPEN" if any(left.values()) else "CLOSED"
    rows = [
        {
            "id": gid("FulfillmentOrderLineItem", line.serial),
            "totalQuantity": line.quantity,
            "remainingQuantity": left[line.serial],
            "lineItem": {"id": gid("LineItem", line.serial)},
        }
        for line in order.lines
    ]
    actions = {"OPEN": ["CREATE_FULFILLMENT", "HOLD"], "ON_HOLD": ["RELEASE_HOLD"]}.get(status, [])
    return {
        "id": gid("FulfillmentOrder", order.serial),
        "status": status,
        "fulfillAt": stamp(order.placed_at),
        "fulfillBy": stamp(order.ship_by),
        "assignedLocation": {"location": {"id": gid("Location", LOCATION)}},
        "supportedActions": [{"action": action} for action in actions],
        "lineItems": connection(rows, {}),
    }
