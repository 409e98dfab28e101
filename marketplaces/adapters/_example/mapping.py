"""Example's payloads in our words. Pure: no clock, no network, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from config.core.money import LossyAmount, Money, decimal, total
from marketplaces.canonical import (
    Fulfilment,
    IdentifierKind,
    LineClass,
    Listing,
    ListingStatus,
    Order,
    OrderLine,
    OrderStatus,
    ProductId,
    Rejected,
    Row,
    Settlement,
    SettlementLine,
    Stock,
)
from marketplaces.contract import Mapper, Page
from marketplaces.pieces import read_json, whole_page

STORE = "DE"
ORDER_STATES = {
    "new": OrderStatus.PENDING,
    "open": OrderStatus.TO_SHIP,
    "partly_sent": OrderStatus.PARTIALLY_SHIPPED,
    "sent": OrderStatus.SHIPPED,
    "delivered": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELLED,
}
OFFER_STATES = {
    "live": ListingStatus.ACTIVE,
    "hidden": ListingStatus.HIDDEN,
    "blocked": ListingStatus.SUPPRESSED,
    "ended": ListingStatus.INACTIVE,
    "paused": ListingStatus.PAUSED,
}
LINE_TYPES = {
    "sale": LineClass.PRINCIPAL,
    "delivery": LineClass.SHIPPING,
    "discount": LineClass.PROMOTION,
    "commission": LineClass.COMMISSION,
    "handling": LineClass.FULFILMENT,
    "storage": LineClass.STORAGE,
    "plan": LineClass.SUBSCRIPTION,
    "ads": LineClass.ADVERTISING,
    "refund": LineClass.REFUND_PRINCIPAL,
    "refund_discount": LineClass.REFUND_PROMOTION,
    "commission_back": LineClass.FEE_REVERSAL,
    "refund_fee": LineClass.ADMINISTRATION_FEE,
    "held": LineClass.RESERVE_IN,
    "released": LineClass.RESERVE_OUT,
}
TAX_OF = {
    LineClass.PRINCIPAL: LineClass.TAX,
    LineClass.SHIPPING: LineClass.TAX,
    LineClass.PROMOTION: LineClass.TAX,
    LineClass.REFUND_PRINCIPAL: LineClass.REFUND_TAX,
    LineClass.REFUND_PROMOTION: LineClass.REFUND_TAX,
}
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, LossyAmount, OverflowError)


def _each(page: Page, key: str, build: Callable[[Any], Iterable[Row]]) -> Iterator[Row | Rejected]:
    """Rows of every piece under `key` (or of the single piece); what cannot be read is rejected with its reason."""
    body = read_json(page)
    pieces = body.get(key, [body]) if isinstance(body, Mapping) else body
    for piece in pieces if isinstance(pieces, list) else [pieces]:
        try:
            yield from list(build(piece))
        except UNREADABLE as error:
            yield Rejected(f"{key}: {type(error).__name__} {error}; ask for it again", raw=piece)


def _money(value: Mapping[str, Any]) -> Money:
    return Money(decimal(value["amount"]), str(value["currency"]))


def _moment(value: Any) -> datetime:
    """ISO 8601 with a zone, as UTC."""
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise ValueError(f"the time {value!r} has no zone")
    return read.astimezone(UTC)


def _gtin(raw: Mapping[str, Any]) -> tuple[ProductId, ...]:
    return (ProductId(IdentifierKind.GTIN, str(raw["ean"])),) if raw.get("ean") else ()


@whole_page
def orders(page: Page) -> Iterator[Row | Rejected]:
    """One Order per order of a list or of a single answer."""
    yield from _each(page, "orders", lambda raw: [_order(raw)])


def _order(raw: Mapping[str, Any]) -> Order:
    lines = tuple(_order_line(line) for line in raw["lines"])
    currency = str(raw["currency"])
    paid = [part for line in raw["lines"] for part in _paid(line)]
    return Order(
        external_id=str(raw["id"]),
        changed_at=_moment(raw["changed_at"]),
        channel=STORE,
        status=ORDER_STATES.get(raw["state"], OrderStatus.UNKNOWN),
        status_raw=str(raw["state"]),
        ordered_at=_moment(raw["placed_at"]),
        fulfilment=Fulfilment.MERCHANT,
        currency=currency,
        total=total(paid, currency),
        ship_by=_moment(raw["ship_by"]),
        deliver_by=_moment(raw["deliver_by"]),
        ship_to_country=str(raw.get("country", "")),
        lines=lines,
    )


def _paid(raw: Mapping[str, Any]) -> list[Money]:
    """What the buyer pays for a line, in its parts."""
    return [_money(raw["unit_price"]) * int(raw["quantity"]), _money(raw["shipping"]), -_money(raw["discount"])]


def _order_line(raw: Mapping[str, Any]) -> OrderLine:
    unit, quantity = _money(raw["unit_price"]), int(raw["quantity"])
    return OrderLine(
        external_id=str(raw["id"]),
        sku=str(raw["sku"]),
        product_ids=_gtin(raw),
        title=str(raw.get("title", "")),
        quantity=quantity,
        quantity_shipped=int(raw["sent"]),
        quantity_cancelled=int(raw["cancelled"]),
        unit_price=unit,
        item_total=unit * quantity,
        shipping=_money(raw["shipping"]),
        discount=_money(raw["discount"]),
        expected_fee=-_money(raw["commission"]),
    )


@whole_page
def listings(page: Page) -> Iterator[Row | Rejected]:
    """One Listing per offer."""
    yield from _each(page, "offers", lambda raw: [_listing(raw)])


def _listing(raw: Mapping[str, Any]) -> Listing:
    return Listing(
        external_id=str(raw["id"]),
        changed_at=_moment(raw["changed_at"]),
        channel=STORE,
        sku=str(raw["sku"]),
        product_ids=_gtin(raw),
        title=str(raw.get("title", "")),
        status=OFFER_STATES.get(raw["state"], ListingStatus.UNKNOWN),
        status_raw=str(raw["state"]),
        fulfilment=Fulfilment.MERCHANT,
        price=_money(raw["price"]),
        quantity=int(raw["quantity"]),
    )


@whole_page
def stock(page: Page) -> Iterator[Row | Rejected]:
    """The units of every offer, all of them in the seller's own hands."""
    yield from _each(page, "offers", lambda raw: [_stock(raw)])


def _stock(raw: Mapping[str, Any]) -> Stock:
    return Stock(
        external_id=str(raw["id"]),
        changed_at=_moment(raw["changed_at"]),
        sku=str(raw["sku"]),
        product_ids=_gtin(raw),
        pool="merchant",
        fulfilment=Fulfilment.MERCHANT,
        available=int(raw["quantity"]),
    )


@whole_page
def settlements(page: Page) -> Iterator[Row | Rejected]:
    """A statement's header and its lines; line n has row number 2n-1, its tax 2n."""
    yield from _each(page, "statements", _statement)


def _statement(raw: Mapping[str, Any]) -> Iterator[Row]:
    paid = _money(raw["paid"])
    yield Settlement(
        external_id=str(raw["id"]),
        changed_at=_moment(raw["closed_at"]),
        channel=STORE,
        currency=paid.currency,
        period_start=_moment(raw["from"]),
        period_end=_moment(raw["to"]),
        total=paid,
    )
    for number, line in enumerate(raw.get("lines", []), start=1):
        line_class = LINE_TYPES.get(line["type"], LineClass.UNKNOWN)
        shared = {"settlement_id": str(raw["id"]), **_line_facts(line)}
        yield _statement_line(2 * number - 1, line_class, _money(line["net"]), **shared, part="")
        if tax := _money(line["tax"]):
            yield _statement_line(2 * number, TAX_OF.get(line_class, line_class), tax, **shared, part="tax")


def _line_facts(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "words": (str(line["type"]), str(line.get("text", ""))),
        "posted_at": _moment(line["at"]),
        "order_id": str(line.get("order") or ""),
        "line_id": str(line.get("line") or ""),
        "sku": str(line.get("sku") or ""),
        "product_ids": _gtin(line),
        "quantity": line.get("quantity"),
        "is_reversal": line["type"] in ("refund", "refund_discount", "commission_back"),
    }


def _statement_line(
    row_no: int, line_class: LineClass, money: Money, *, words: tuple[str, str], part: str, **facts: Any
) -> SettlementLine:
    return SettlementLine(
        external_id=f"{facts['settlement_id']}:{row_no}",
        row_no=row_no,
        line_class=line_class,
        labels=(*words, part),
        amount=money,
        channel=STORE,
        **facts,
    )


MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "listings": listings,
    "stock": stock,
    "settlements": settlements,
}
