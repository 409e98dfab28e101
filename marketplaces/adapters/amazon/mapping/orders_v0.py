"""Orders of API version 0 (switched off on 27 March 2027) -> Order. The client puts the items into their order."""

from __future__ import annotations

from decimal import ROUND_HALF_UP
from typing import Any

from config.core.money import Money, minor_unit
from marketplaces.adapters.amazon.mapping.nodes import Node
from marketplaces.adapters.amazon.mapping.statuses import FULFILMENTS, order_status
from marketplaces.adapters.amazon.mapping.values import Unreadable
from marketplaces.adapters.amazon.stores import channel
from marketplaces.canonical import Fulfilment, IdentifierKind, Order, OrderLine, OrderStatus, ProductId


def order(node: Node) -> Order:
    status = order_status(node.text("OrderStatus"))
    total = node.money("OrderTotal")
    lines = tuple(_line(item, is_cancelled=status is OrderStatus.CANCELLED) for item in node.nodes("OrderItems"))
    return Order(
        external_id=node.need("AmazonOrderId"),
        changed_at=node.moment("LastUpdateDate"),
        channel=channel(node.text("MarketplaceId") or node.text("SalesChannel")),
        status=OrderStatus.DELIVERED if node.text("EasyShipShipmentStatus") == "Delivered" else status,
        status_raw=node.text("OrderStatus"),
        ordered_at=node.need_moment("PurchaseDate"),
        fulfilment=FULFILMENTS.get(node.text("FulfillmentChannel").upper(), Fulfilment.UNKNOWN),
        currency=total.currency if total else next((line.item_total.currency for line in lines if line.item_total), ""),
        total=total,
        ship_by=node.moment("LatestShipDate"),
        deliver_by=node.moment("LatestDeliveryDate"),
        ship_to_country=node.node("ShippingAddress").text("CountryCode"),
        is_business=node.flag("IsBusinessOrder"),
        is_premium=node.flag("IsPrime") or node.flag("IsPremiumOrder"),
        replacement_of=node.text("ReplacedOrderId"),
        lines=lines,
        extra={} if lines else {"lines": "not sent with the order"},
    )


def _line(item: Node, *, is_cancelled: bool) -> OrderLine:
    ordered = item.count("QuantityOrdered")
    if ordered is None:
        raise Unreadable(f"field {item.path}.QuantityOrdered is missing")
    shipped = item.count("QuantityShipped") or 0
    item_total = item.money("ItemPrice")
    asin = item.text("ASIN")
    return OrderLine(
        external_id=item.need("OrderItemId"),
        sku=item.text("SellerSKU"),
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),) if asin else (),
        title=item.text("Title"),
        quantity=ordered,
        quantity_shipped=shipped,
        quantity_cancelled=max(0, ordered - shipped) if is_cancelled else 0,
        unit_price=unit_price(item_total, ordered),
        item_total=item_total,
        shipping=item.money("ShippingPrice"),
        gift_wrap=item.money("GiftWrapPrice"),
        tax=_sum(item.money("ItemTax"), item.money("ShippingTax"), item.money("GiftWrapTax")),
        discount=_positive(item.money("PromotionDiscount")),
        shipping_discount=_positive(item.money("ShippingDiscount")),
        cancel_requested=_cancel_requested(item),
        extra=_extra(item, item_total, ordered),
    )


def unit_price(item_total: Money | None, quantity: int) -> Money | None:
    """Price of a piece out of the line's, to the minor unit; None where there is no piece or no price."""
    if item_total is None or quantity < 1:
        return None
    unit = (item_total.amount / quantity).quantize(minor_unit(item_total.currency), rounding=ROUND_HALF_UP)
    return Money(unit, item_total.currency)


def _cancel_requested(item: Node) -> bool:
    return item.flag("IsBuyerRequestedCancel") or item.node("BuyerRequestedCancel").flag("IsBuyerRequestedCancel")


def _positive(value: Money | None) -> Money | None:
    return None if value is None else abs(value)


def _sum(*values: Money | None) -> Money | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _extra(item: Node, item_total: Money | None, ordered: int) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    unit = unit_price(item_total, ordered)
    if item_total and unit and unit * ordered != item_total:
        extra["unit_residue"] = str(item_total.amount - unit.amount * ordered)
    if model := item.node("TaxCollection").text("Model"):
        extra["tax_model"] = model
    if item.flag("IsGift"):
        extra["is_gift"] = True
    return extra
