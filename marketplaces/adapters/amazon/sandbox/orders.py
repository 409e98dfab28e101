"""Orders of API version 2026-01-01, and the confirmation of shipments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import Refused, body_of, camel, ok, stamp, state_of, time_of, token
from marketplaces.adapters.amazon.stores import DOMAINS
from marketplaces.canonical import Fulfilment, OrderStatus
from marketplaces.sandbox import people
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder

STATUSES = {
    OrderStatus.PENDING: "PENDING", OrderStatus.TO_SHIP: "UNSHIPPED", OrderStatus.CANCELLED: "CANCELLED",
    OrderStatus.PARTIALLY_SHIPPED: "PARTIALLY_SHIPPED", OrderStatus.SHIPPED: "SHIPPED", OrderStatus.DELIVERED: "SHIPPED",
}  # fmt: skip
PACKAGES = "packages"
_SETTLED = timedelta(minutes=2)


def search(view: View, request: Request) -> Answer:
    params = request.params
    by, since = _family(params)
    before = time_of(params, f"{'lastUpdated' if by == 'updated' else 'created'}Before") or view.at - _SETTLED
    if before > view.at - _SETTLED:
        raise Refused(400, "InvalidInput", "The Before time must be at least two minutes in the past.")
    size = int(params.get("maxResultsPerPage", "100"))
    if not 1 <= size <= 100:
        raise Refused(400, "InvalidInput", "maxResultsPerPage must be between 1 and 100.")
    wanted = set(filter(None, params.get("marketplaceIds", "").split(",")))
    found = [o for o in view.orders(since=since, until=before, by=by) if not wanted or o.store.external_id in wanted]
    start = int(state_of(params["paginationToken"])["start"]) if params.get("paginationToken") else 0
    blocks = set(params.get("includedData", "").split(","))
    body: dict[str, Any] = {"orders": [order(view, one, blocks) for one in found[start : start + size]]}
    if start + size < len(found):
        body["pagination"] = {"nextToken": token({"start": start + size})}
    body["lastUpdatedBefore" if by == "updated" else "createdBefore"] = stamp(before)
    return ok(body)


def _family(params: Any) -> tuple[str, Any]:
    created, updated = time_of(params, "createdAfter"), time_of(params, "lastUpdatedAfter")
    if bool(created) == bool(updated):
        raise Refused(400, "InvalidInput", "Exactly one of createdAfter and lastUpdatedAfter is required.")
    return ("updated", updated) if updated else ("placed", created)


def get(view: View, request: Request) -> Answer:
    blocks = set(request.params.get("includedData", "").split(","))
    return ok({"order": order(view, known(view, request.match["order"]), blocks)})


def known(view: View, order_id: str) -> WorldOrder:
    found = view.order(ids.order_serial(order_id))
    if found is None:
        raise Refused(404, "NotFound", f"Order {order_id} was not found.")
    return found


def order(view: View, one: WorldOrder, blocks: set[str]) -> dict[str, Any]:
    """An order with the blocks that were asked for; a pending one has no money yet."""
    is_priced = one.status is not OrderStatus.PENDING and "PROCEEDS" in blocks
    body: dict[str, Any] = {
        "orderId": ids.order_id(one.serial, one.store),
        "createdTime": stamp(one.placed_at),
        "lastUpdatedTime": stamp(one.updated_at),
        "programs": ["AMAZON_BUSINESS"] if one.is_business else [],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": one.store.external_id,
            "marketplaceName": DOMAINS[one.store.code].capitalize(),
        },
        "orderItems": [_item(line, one.status, is_priced=is_priced) for line in one.lines],
    }
    if is_priced:
        body["proceeds"] = {"grandTotal": camel(total((amount_of(line) for line in one.lines), one.store.currency))}
    if "FULFILLMENT" in blocks:
        body["fulfillment"] = _fulfilment(one)
    if "RECIPIENT" in blocks:
        body["recipient"] = {"deliveryAddress": _recipient(one)}
    if "PACKAGES" in blocks and one.fulfilment is Fulfilment.MERCHANT:
        body["packages"] = list(_packages(view, one))
    return body


def _recipient(one: WorldOrder) -> dict[str, str]:
    place = people.place(one.country)
    return {
        "name": people.NAME, "addressLine1": f"{place.street} {place.house}", "city": place.city,
        "postalCode": place.postal_code, "countryCode": one.country,
    }  # fmt: skip


def amount_of(line: WorldLine) -> Money:
    return line.unit_price * line.quantity + line.shipping - line.discount


def _fulfilment(one: WorldOrder) -> dict[str, Any]:
    return {
        "fulfillmentStatus": STATUSES[one.status],
        "fulfilledBy": "AMAZON" if one.fulfilment is Fulfilment.MARKETPLACE else "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {"earliestDateTime": stamp(one.placed_at), "latestDateTime": stamp(one.ship_by)},
        "deliverByWindow": {"earliestDateTime": stamp(one.ship_by), "latestDateTime": stamp(one.deliver_by)},
    }


def _item(line: WorldLine, status: OrderStatus, *, is_priced: bool) -> dict[str, Any]:
    product: dict[str, Any] = {
        "asin": ids.item_id(line.product.serial),
        "sellerSku": line.product.sku,
        "title": line.product.title,
    }
    left = 0 if status is OrderStatus.CANCELLED else line.quantity - line.shipped - line.cancelled
    item: dict[str, Any] = {
        "orderItemId": ids.line_id(line.serial),
        "quantityOrdered": line.quantity,
        "product": product,
        "fulfillment": {"quantityFulfilled": line.shipped, "quantityUnfulfilled": left},
    }
    if is_priced:
        product["price"] = {"unitPrice": camel(line.unit_price)}
        parts = [("ITEM", line.unit_price * line.quantity), ("SHIPPING", line.shipping), ("DISCOUNT", -line.discount)]
        item["proceeds"] = {
            "proceedsTotal": camel(amount_of(line)),
            "breakdowns": [{"type": kind, "subtotal": camel(amount)} for kind, amount in parts if amount],
        }
    return item


def _packages(view: View, one: WorldOrder) -> Iterable[dict[str, Any]]:
    """Parcels that we confirmed, each with its reference; else one parcel with all that left."""
    status = "DELIVERED" if one.delivered_at else "SHIPPED"
    confirmed = view.get(PACKAGES, str(one.serial)) or {}
    for reference, parcel in confirmed.items():
        yield {
            "packageReferenceId": reference,
            "packageStatus": {"status": status},
            "carrier": parcel["carrier"],
            "trackingNumber": parcel["tracking_number"],
            "packageItems": parcel["items"],
        }
    shipped = [line for line in one.lines if line.shipped]
    if not confirmed and shipped and one.shipped_at:
        yield {
            "packageReferenceId": "1",
            "createdTime": stamp(one.shipped_at),
            "shipTime": stamp(one.shipped_at),
            "packageStatus": {"status": status},
            "carrier": one.carrier,
            "trackingNumber": one.tracking_number,
            "packageItems": [{"orderItemId": ids.line_id(line.serial), "quantity": line.shipped} for line in shipped],
        }


def confirm(view: View, request: Request) -> Answer:
    """204 when the parcel was taken; a repeated reference updates that parcel and ships nothing more."""
    one = known(view, request.match["order"])
    detail = body_of(request).get("packageDetail") or {}
    reference = detail.get("packageReferenceId")
    if not (isinstance(reference, str) and reference.isdigit() and int(reference) > 0):
        raise Refused(400, "InvalidInput", "packageReferenceId must be a positive whole number, as text.")
    units = _units(one, detail.get("orderItems"))
    parcels = dict(view.get(PACKAGES, str(one.serial)) or {})
    told = {"carrier": detail["carrierCode"], "tracking_number": detail["trackingNumber"]}
    if reference in parcels:
        view.correct_parcel(one.serial, parcels[reference]["tracking_number"], told)
    elif any(line.shipped + units.get(line.serial, 0) > line.quantity - line.cancelled for line in one.lines):
        raise Refused(400, "InvalidInput", "PackageToUpdateNotFound: the order is confirmed already.")
    else:
        view.confirm_shipment(one.serial, {**told, "lines": units})
    parcels[reference] = {**told, "items": detail["orderItems"]}
    view.put(PACKAGES, str(one.serial), parcels)
    return Answer(204)


def _units(one: WorldOrder, items: Any) -> dict[int, int]:
    if not isinstance(items, list) or not items:
        raise Refused(400, "InvalidInput", "orderItems must be a list with at least one item.")
    serials = {line.serial for line in one.lines}
    units = {ids.line_serial(str(item.get("orderItemId"))): int(item.get("quantity", 0)) for item in items}
    if not set(units) <= serials:
        raise Refused(400, "InvalidInput", "An orderItemId does not belong to this order.")
    return units
