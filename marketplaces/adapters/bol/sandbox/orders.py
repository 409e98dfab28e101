"""Orders: the reduced list and the detail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.clock import business_day, day_bounds
from config.core.money import Money
from marketplaces.adapters.bol.rows.reading import ZONE
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.adapters.bol.sandbox.replies import bad, missing, paged, reply, stamp
from marketplaces.canonical import Fulfilment
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder

METHODS = {Fulfilment.MERCHANT: "FBR", Fulfilment.MARKETPLACE: "FBB"}
EXPIRES_AFTER = timedelta(days=3)
MOST_MINUTES = 60


def order_list(view: View, request: Request) -> Answer:
    """`GET /retailer/orders`: changed in the last minutes, or last changed on one Dutch day."""
    span = _span(view, request)
    if span is None:
        return bad(request, "latest-change-date", "must be a date of the last three months, or minutes up to 60")
    found = view.orders(since=span[0], until=span[1])
    wanted = request.params.get("fulfilment-method", "FBR")
    status = request.params.get("status", "OPEN")
    chosen = [o for o in found if wanted in ("ALL", METHODS[o.fulfilment]) and _has_status(o, status)]
    return paged(request, chosen, "orders", _reduced)


def order(view: View, request: Request) -> Answer:
    """`GET /retailer/orders/{order-id}`."""
    serial = ids.order_serial(request.match["id"])
    found = view.order(serial) if serial is not None else None
    return reply(_detail(view, found)) if found else missing(request)


def _span(view: View, request: Request) -> tuple[datetime, datetime] | None:
    minutes, told = request.params.get("change-interval-minute"), request.params.get("latest-change-date")
    if minutes is not None:
        is_valid = minutes.isdigit() and 0 < int(minutes) <= MOST_MINUTES
        return (view.at - timedelta(minutes=int(minutes)), view.at + timedelta(seconds=1)) if is_valid else None
    try:
        return day_bounds(date.fromisoformat(told or business_day(view.at, ZONE).isoformat()), ZONE)
    except ValueError:
        return None


def _has_status(found: WorldOrder, status: str) -> bool:
    if status == "ALL":
        return True
    is_shipped = any(line.shipped for line in found.lines)
    return is_shipped if status == "SHIPPED" else any(is_open(line) for line in found.lines)


def is_open(line: WorldLine) -> bool:
    return line.shipped + line.cancelled < line.quantity


def _reduced(found: WorldOrder) -> dict[str, Any]:
    return {
        "orderId": ids.order_id(found.serial),
        "orderPlacedDateTime": stamp(found.placed_at),
        "orderItems": [
            {
                "orderItemId": ids.line_id(line.serial),
                "ean": line.product.ean,
                "fulfilmentMethod": METHODS[found.fulfilment],
                "fulfilmentStatus": "OPEN" if is_open(line) else "HANDLED",
                "quantity": line.quantity,
                "quantityShipped": line.shipped,
                "quantityCancelled": line.cancelled,
                "cancellationRequest": False,
                "latestChangedDateTime": stamp(found.updated_at),
            }
            for line in found.lines
        ],
    }


def _detail(view: View, found: WorldOrder) -> dict[str, Any]:
    billing = {**_address(found), "company": "Proefbedrijf"} if found.is_business else _address(found)
    return {
        "orderId": ids.order_id(found.serial),
        "pickupPoint": False,
        "orderPlacedDateTime": stamp(found.placed_at),
        "shipmentDetails": _address(found),
        "billingDetails": billing,
        "orderItems": [_item(view, found, line) for line in found.lines],
    }


def _address(found: WorldOrder) -> dict[str, Any]:
    return {
        "salutation": "UNKNOWN",
        "firstName": "Noor",
        "surname": "Voorbeeld",
        "streetName": "Teststraat",
        "houseNumber": "7",
        "zipCode": "9999ZZ",
        "city": "Proefstad",
        "countryCode": found.country,
        "email": f"relay-{found.serial}@example.invalid",
        "language": "nl",
    }


def _item(view: View, found: WorldOrder, line: WorldLine) -> dict[str, Any]:
    promised = business_day(found.deliver_by, ZONE)
    is_own = found.fulfilment == Fulfilment.MERCHANT
    gross, none = line.unit_price * line.quantity, Money(Decimal(0), line.unit_price.currency)
    discounts = [{"title": "Actie", "amount": line.discount.amount}] if line.discount != none else []
    return {
        "orderItemId": ids.line_id(line.serial),
        "cancellationRequest": False,
        "fulfilment": {
            "method": METHODS[found.fulfilment],
            "distributionParty": "RETAILER" if is_own else "BOL",
            "latestDeliveryDate": promised.isoformat(),
            "expiryDate": (promised + EXPIRES_AFTER).isoformat(),
            "timeFrameType": "REGULAR",
        },
        "offer": offer_of(view, found, line),
        "product": {"ean": line.product.ean, "title": line.product.title},
        "quantity": line.quantity,
        "quantityShipped": line.shipped,
        "quantityCancelled": line.cancelled,
        "unitPrice": line.unit_price.amount,
        "totalPrice": (gross - line.discount).amount,
        "discounts": discounts,
        "commission": abs(line.commission).amount,
        "latestChangedDateTime": stamp(found.updated_at),
    }


def offer_of(view: View, found: WorldOrder, line: WorldLine) -> dict[str, Any]:
    listing = view.listing(line.product.sku, found.store.code)
    return {"offerId": ids.offer_id(listing.serial if listing else 0), "reference": line.product.sku}
