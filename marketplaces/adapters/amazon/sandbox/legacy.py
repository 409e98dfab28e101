"""Orders of API version 0, in its own shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import Refused, ok, stamp, state_of, time_of, token
from marketplaces.adapters.amazon.sandbox.orders import amount_of, known
from marketplaces.adapters.amazon.stores import DOMAINS
from marketplaces.canonical import Fulfilment, OrderStatus
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder

_STATUSES = {
    OrderStatus.PENDING: "Pending", OrderStatus.TO_SHIP: "Unshipped", OrderStatus.PARTIALLY_SHIPPED: "PartiallyShipped",
    OrderStatus.SHIPPED: "Shipped", OrderStatus.DELIVERED: "Shipped", OrderStatus.CANCELLED: "Canceled",
}  # fmt: skip


def search(view: View, request: Request) -> Answer:
    """The page token must come with the same filters as the first page."""
    params = request.params
    if not params.get("MarketplaceIds"):
        raise Refused(400, "InvalidInput", "MarketplaceIds is required.")
    since = time_of(params, "LastUpdatedAfter")
    if since is None:
        raise Refused(400, "InvalidInput", "Either CreatedAfter or LastUpdatedAfter is required.")
    until = time_of(params, "LastUpdatedBefore") or view.at - timedelta(minutes=2)
    stores = set(params["MarketplaceIds"].split(","))
    found = [one for one in view.orders(since=since, until=until) if one.store.external_id in stores]
    start = int(state_of(params["NextToken"])["start"]) if params.get("NextToken") else 0
    size = int(params.get("MaxResultsPerPage", "100"))
    payload: dict[str, Any] = {"Orders": [_order(one) for one in found[start : start + size]]}
    if start + size < len(found):
        payload["NextToken"] = token({"start": start + size})
    payload["LastUpdatedBefore"] = stamp(until)
    return ok({"payload": payload})


def get(view: View, request: Request) -> Answer:
    return ok({"payload": _order(known(view, request.match["order"]))})


def items(view: View, request: Request) -> Answer:
    one = known(view, request.match["order"])
    is_priced = one.status is not OrderStatus.PENDING
    payload = {
        "AmazonOrderId": ids.order_id(one.serial, one.store),
        "OrderItems": [_item(line, is_priced=is_priced) for line in one.lines],
    }
    return ok({"payload": payload})


def _order(one: WorldOrder) -> dict[str, Any]:
    body: dict[str, Any] = {
        "AmazonOrderId": ids.order_id(one.serial, one.store),
        "PurchaseDate": stamp(one.placed_at),
        "LastUpdateDate": stamp(one.updated_at),
        "OrderStatus": _STATUSES[one.status],
        "FulfillmentChannel": "AFN" if one.fulfilment is Fulfilment.MARKETPLACE else "MFN",
        "SalesChannel": DOMAINS[one.store.code].capitalize(),
        "MarketplaceId": one.store.external_id,
        "LatestShipDate": stamp(one.ship_by),
        "LatestDeliveryDate": stamp(one.deliver_by),
        "IsBusinessOrder": one.is_business,
        "IsPrime": False,
    }
    if one.status is not OrderStatus.PENDING:
        body["OrderTotal"] = _money(total((amount_of(line) for line in one.lines), one.store.currency))
    return body


def _item(line: WorldLine, *, is_priced: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "ASIN": ids.item_id(line.product.serial),
        "SellerSKU": line.product.sku,
        "OrderItemId": ids.line_id(line.serial),
        "Title": line.product.title,
        "QuantityOrdered": line.quantity,
        "QuantityShipped": line.shipped,
        "IsGift": "false",
    }
    if is_priced:
        body["ItemPrice"] = _money(line.unit_price * line.quantity)
        body["ShippingPrice"] = _money(line.shipping)
        body["PromotionDiscount"] = _money(line.discount)
    return body


def _money(money: Money) -> dict[str, str]:
    return {"CurrencyCode": money.currency, "Amount": str(money.amount)}
