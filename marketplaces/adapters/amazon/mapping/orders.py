"""Orders of API version 2026-01-01, of version 0 and of the all-orders report -> Order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping import orders_v0
from marketplaces.adapters.amazon.mapping.document import read
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.order_report import report_orders
from marketplaces.adapters.amazon.mapping.statuses import FULFILMENTS, order_status
from marketplaces.adapters.amazon.mapping.values import Unreadable
from marketplaces.adapters.amazon.stores import channel
from marketplaces.canonical import (
    Fulfilment,
    IdentifierKind,
    Order,
    OrderLine,
    OrderStatus,
    ProductId,
    Rejected,
    Row,
)
from marketplaces.contract import Page


def orders(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json_orders, from_table=report_orders)


def _json_orders(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    pages = raw if isinstance(raw, list) else [raw]
    units = [unit for page in pages for unit in (_units(page) if _is_answer(page, len(pages)) else [page])]
    yield from each(units, _by_shape, key="orderId")


def _is_answer(page: Any, of: int) -> bool:
    """One of several is an order unless it says otherwise; a document alone says what is wrong with it as a whole."""
    return of == 1 or (isinstance(page, dict) and Node(page).has("payload", "orders", "order"))


def _units(raw: Any) -> list[Any]:
    """The orders of one answer."""
    body = Node(raw)
    payload = body.get("payload") if body.has("payload") else raw
    if isinstance(payload, list):
        return payload
    answer = Node(payload, "payload")
    if answer.has("OrderItems") and not answer.has("orderId", "OrderStatus"):
        raise Unreadable("these are the items of a version 0 order without the order itself; send both in one object")
    if answer.has("orders", "order"):
        found = answer.get("orders", "order")
        return found if isinstance(found, list) else [found]
    if not answer.has("orderId", "AmazonOrderId"):
        raise Unreadable("the document has neither orders, order, nor orderId; is it another resource?")
    return [payload]


def _by_shape(raw: Any) -> Iterator[Row]:
    order = Node(raw, "order")
    yield orders_v0.order(order) if order.has("AmazonOrderId") else _order(order)


def _order(order: Node) -> Order:
    sales, fulfilment = order.node("salesChannel"), order.node("fulfillment")
    status_raw = fulfilment.text("fulfillmentStatus")
    status = order_status(status_raw)
    total = order.node("proceeds").money("grandTotal")
    lines = tuple(_line(item, is_cancelled=status is OrderStatus.CANCELLED) for item in order.nodes("orderItems"))
    programs = frozenset(order.words("programs"))
    return Order(
        external_id=order.need("orderId"),
        changed_at=order.moment("lastUpdatedTime"),
        channel=channel(sales.text("marketplaceId") or sales.text("marketplaceName") or sales.text("channelName")),
        status=_delivered(order, status),
        status_raw=status_raw,
        ordered_at=order.need_moment("createdTime"),
        fulfilment=FULFILMENTS.get(fulfilment.text("fulfilledBy").upper(), Fulfilment.UNKNOWN),
        currency=total.currency if total else _currency(lines),
        total=total,
        ship_by=fulfilment.node("shipByWindow").moment("latestDateTime"),
        deliver_by=fulfilment.node("deliverByWindow").moment("latestDateTime"),
        ship_to_country=order.node("recipient").node("deliveryAddress").text("countryCode"),
        is_business="AMAZON_BUSINESS" in programs,
        is_premium=bool(programs & {"PRIME", "PREMIUM"}),
        replacement_of=_replaced(order),
        lines=lines,
        extra=_order_extra(order, programs),
    )


def _delivered(order: Node, status: OrderStatus) -> OrderStatus:
    """Their order stops at shipped; it is delivered when every parcel is."""
    states = [package.node("packageStatus").text("status").upper() for package in order.nodes("packages")]
    is_all = bool(states) and all(state == "DELIVERED" for state in states)
    return OrderStatus.DELIVERED if is_all and status is OrderStatus.SHIPPED else status


def _replaced(order: Node) -> str:
    for other in order.nodes("associatedOrders"):
        if other.text("associationType") == "REPLACEMENT_ORIGINAL_ID":
            return other.text("orderId")
    return ""


def _order_extra(order: Node, programs: frozenset[str]) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if programs:
        extra["programs"] = sorted(programs)
    if level := order.node("fulfillment").text("fulfillmentServiceLevel"):
        extra["service_level"] = level
    if order.node("salesChannel").text("channelName") == "NON_AMAZON":
        extra["sales_channel"] = "NON_AMAZON"
    return extra


def _currency(lines: tuple[OrderLine, ...]) -> str:
    return next((line.item_total.currency for line in lines if line.item_total), "")


def _line(item: Node, *, is_cancelled: bool) -> OrderLine:
    product, fulfilment = item.node("product"), item.node("fulfillment")
    ordered = item.count("quantityOrdered")
    if ordered is None:
        raise Unreadable(f"field {item.path}.quantityOrdered is missing")
    shipped = fulfilment.count("quantityFulfilled") or 0
    money = _breakdowns(item.node("proceeds"))
    asin = product.text("asin")
    return OrderLine(
        external_id=item.need("orderItemId"),
        sku=product.text("sellerSku"),
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),) if asin else (),
        title=product.text("title"),
        quantity=ordered,
        quantity_shipped=shipped,
        quantity_cancelled=_cancelled(ordered, shipped, fulfilment.count("quantityUnfulfilled"), is_cancelled),
        unit_price=product.node("price").money("unitPrice"),
        item_total=money.get("ITEM"),
        shipping=money.get("SHIPPING"),
        gift_wrap=money.get("GIFT_WRAP"),
        tax=money.get("TAX"),
        discount=money.get("DISCOUNT/ITEM"),
        shipping_discount=money.get("DISCOUNT/SHIPPING"),
        cancel_requested=item.node("cancellation").has("cancellationRequest"),
        extra=_line_extra(item, money),
    )


def _cancelled(ordered: int, shipped: int, unfulfilled: int | None, is_cancelled: bool) -> int:
    """Units that will never ship: all the rest of a cancelled order; else what neither shipped nor waits."""
    if is_cancelled:
        return max(0, ordered - shipped)
    return max(0, ordered - shipped - unfulfilled) if unfulfilled is not None else 0


def _breakdowns(proceeds: Node) -> dict[str, Money]:
    """Amounts by type. The sign of discounts is not documented, so both are read: a discount is kept positive."""
    found: dict[str, Money] = {}
    for part in proceeds.nodes("breakdowns"):
        kind, subtotal = part.need("type").upper(), part.money("subtotal")
        if subtotal is None:
            continue
        if kind == "DISCOUNT":
            for name, value in _discounts(part, subtotal).items():
                found[name] = found[name] + value if name in found else value
        else:
            found[kind] = found[kind] + subtotal if kind in found else subtotal
    return found


def _discounts(part: Node, subtotal: Money) -> dict[str, Money]:
    """A discount split into what it lowers; what the split does not name counts as discount of the item."""
    shipping = Money(subtotal.amount * 0, subtotal.currency)
    for detail in part.nodes("detailedBreakdowns"):
        value = detail.money("value")
        if value and detail.text("subtype").upper() == "SHIPPING":
            shipping += abs(value)
    item = abs(subtotal) - shipping
    named = {"DISCOUNT/ITEM": item, "DISCOUNT/SHIPPING": shipping}
    return {name: value for name, value in named.items() if value} or {"DISCOUNT/ITEM": item}


def _line_extra(item: Node, money: Mapping[str, Money]) -> dict[str, Any]:
    known = {"ITEM", "SHIPPING", "GIFT_WRAP", "TAX", "DISCOUNT/ITEM", "DISCOUNT/SHIPPING"}
    extra: dict[str, Any] = {name.lower(): str(value.amount) for name, value in money.items() if name not in known}
    models = [tax.text("model") for tax in item.node("tax").nodes("taxCollections")]
    if models and models[0]:
        extra["tax_model"] = models[0]
    return extra
