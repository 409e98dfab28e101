"""Orders, from a page of them, from one, or from a bulk file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from config.core.money import total
from marketplaces.adapters.shopify.rows.lines import TOO_LONG, Line, is_cut_off, lines_of
from marketplaces.adapters.shopify.rows.reading import (
    each,
    moment,
    money,
    needed,
    number_of,
    pieces_of,
    product_ids,
    records,
    required_id,
    text,
)
from marketplaces.canonical import Fulfilment, Order, OrderLine, OrderStatus, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, whole_page

UNPAID = frozenset({"PENDING", "VOIDED", "EXPIRED"})
AUTHORISED = "AUTHORIZED"
STATUSES = {
    "UNFULFILLED": OrderStatus.TO_SHIP,
    "IN_PROGRESS": OrderStatus.TO_SHIP,
    "OPEN": OrderStatus.TO_SHIP,
    "PENDING_FULFILLMENT": OrderStatus.TO_SHIP,
    "REQUEST_DECLINED": OrderStatus.TO_SHIP,
    "ON_HOLD": OrderStatus.PENDING,
    "SCHEDULED": OrderStatus.PENDING,
    "PARTIALLY_FULFILLED": OrderStatus.PARTIALLY_SHIPPED,
    "FULFILLED": OrderStatus.SHIPPED,
    "RESTOCKED": OrderStatus.CANCELLED,
}


@whole_page
def orders(page: Page) -> Iterator[Row | Rejected]:
    """One Order per order. Left out: test orders, and those that came through a source that is connected itself.

    The page's context says whether an authorised payment is enough to ship, and which sources those are.
    """
    ours = (piece for piece in pieces_of(page, "orders", "order", "nodes") if not _is_foreign(piece, page.context))
    yield from each(ours, lambda raw: _order(raw, page.context), name="order")


def _is_foreign(piece: Any, context: Mapping[str, str]) -> bool:
    if not isinstance(piece, Mapping):
        return False
    others = {name.strip().casefold() for name in context.get("other_sources", "").split(",")} - {""}
    is_followed = context.get("long_orders") == "follow" and is_cut_off(piece)
    return piece.get("test") is True or text(piece, "sourceName").casefold() in others or is_followed


def _order(raw: Mapping[str, Any], context: Mapping[str, str]) -> Iterator[Order]:
    if is_cut_off(raw):
        raise Unreadable(TOO_LONG)
    if "lineItems" not in raw:
        raise Unreadable("lineItems are missing; ask for the order by its id")
    times = (moment(raw.get(name), name) for name in ("processedAt", "createdAt", "updatedAt"))
    placed = next((at for at in times if at), None)
    if placed is None:
        raise Unreadable("createdAt is missing; ask for the order by its id")
    lines = lines_of(raw)
    currency = text(raw, "currencyCode") or (lines[0].goods.currency if lines else "")
    yield Order(
        external_id=required_id(raw),
        changed_at=moment(raw.get("updatedAt"), "updatedAt"),
        channel=context.get("store", ""),
        status=_status(raw, lines, ships_authorised=context.get("ships_authorised") == "yes"),
        status_raw="/".join(filter(None, (text(raw, "displayFinancialStatus"), text(raw, "displayFulfillmentStatus")))),
        ordered_at=placed,
        fulfilment=Fulfilment.MERCHANT,
        currency=currency,
        total=money(raw.get("totalPriceSet"), "totalPriceSet"),
        ship_by=_ship_by(raw),
        ship_to_country=text(inner(raw, "shippingAddress"), "countryCodeV2"),
        lines=tuple(_order_line(line) for line in lines),
        extra=_extra(raw),
    )


def _order_line(line: Line) -> OrderLine:
    variant = inner(line.raw, "variant")
    title = " - ".join(filter(None, (text(line.raw, "title"), text(line.raw, "variantTitle"))))
    return OrderLine(
        external_id=line.id,
        sku=line.sku,
        product_ids=product_ids(barcode=text(variant, "barcode"), variant=number_of(variant.get("id"))),
        title=title,
        quantity=line.quantity,
        quantity_shipped=max(0, line.units - line.unfulfilled),
        quantity_cancelled=line.cancelled,
        unit_price=line.unit_price,
        item_total=line.goods,
        shipping=line.shipping,
        tax=line.tax + line.shipping_tax,
        discount=line.discount,
        extra={"is_gift_card": True} if line.raw.get("isGiftCard") is True else {},
    )


def _status(raw: Mapping[str, Any], lines: Sequence[Line], *, ships_authorised: bool) -> OrderStatus:
    """Cancelled, then how far it was sent, then whether it is paid for; an authorised payment is enough by policy."""
    if raw.get("cancelledAt") or (lines and all(line.units == 0 for line in lines)):
        return OrderStatus.CANCELLED
    sent = STATUSES.get(text(raw, "displayFulfillmentStatus"), OrderStatus.UNKNOWN)
    if sent is OrderStatus.SHIPPED:
        parcels = [p for p in records(raw, "fulfillments") if text(p, "status") in ("", "SUCCESS")]
        is_there = parcels and all(text(parcel, "displayStatus") == "DELIVERED" for parcel in parcels)
        return OrderStatus.DELIVERED if is_there else sent
    paid = text(raw, "displayFinancialStatus")
    is_unpaid = paid in UNPAID or (paid == AUTHORISED and not ships_authorised)
    return OrderStatus.PENDING if sent is OrderStatus.TO_SHIP and is_unpaid else sent


def _ship_by(raw: Mapping[str, Any]) -> datetime | None:
    """The earliest moment by which one of the fulfilment orders has to leave, where a shop sets one."""
    told = [moment(work.get("fulfillBy"), "fulfillBy") for work in records(raw, "fulfillmentOrders")]
    return min((at for at in told if at), default=None)


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What was shown to the buyer in his currency, the human name, and where the order came from."""
    shown = inner(inner(raw, "totalPriceSet"), "presentmentMoney")
    fees = [needed(fee.get("amount"), "fee") for tx in records(raw, "transactions") for fee in records(tx, "fees")]
    found = {
        "name": text(raw, "name"),
        "source": text(raw, "sourceName"),
        "cancel_reason": text(raw, "cancelReason"),
        "return_status": text(raw, "returnStatus"),
        "payment_gateways": [name for name in raw.get("paymentGatewayNames") or [] if isinstance(name, str)],
        "shown_total": f"{shown.get('amount')} {shown.get('currencyCode')}" if _is_other(raw, shown) else "",
        "payment_fees": str(total(fees, fees[0].currency).amount) if fees else "",
    }
    return {key: value for key, value in found.items() if value}


def _is_other(raw: Mapping[str, Any], shown: Mapping[str, Any]) -> bool:
    return bool(shown) and text(shown, "currencyCode") not in ("", text(raw, "currencyCode"))
