"""The all-orders report -> Order. It has no line ids and no personal data; amounts are line totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import groupby

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import Document, Record, table
from marketplaces.adapters.amazon.mapping.nodes import each
from marketplaces.adapters.amazon.mapping.orders_v0 import unit_price
from marketplaces.adapters.amazon.mapping.statuses import FULFILMENTS, order_status
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, decimal_mark, moment, whole
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

_PRICES = ("item-price", "item-tax", "shipping-price", "shipping-tax", "item-promotion-discount")


def report_orders(document: Document) -> Iterator[Row | Rejected]:
    """Rows of an order follow each other; an order that is scattered over the file is put together at the end."""
    report = table(document, "amazon-order-id", "purchase-date", "order-status", "quantity")
    mark = next((m for row in report.records() for name in _PRICES if (m := decimal_mark(row.text(name)))), ".")
    runs = Counter(number for number, _ in groupby(row.text("amazon-order-id") for row in report.records()))
    scattered: dict[str, list[Record]] = {number: [] for number, count in runs.items() if count > 1}
    del runs
    build = partial(_order, mark=mark)
    for number, group in groupby(report.records(), key=lambda row: row.text("amazon-order-id")):
        if number in scattered:
            scattered[number] += group
        else:
            yield from _each_order(list(group), build)
    for rows in scattered.values():
        yield from _each_order(rows, build)


def _each_order(rows: list[Record], build: partial[Iterator[Row]]) -> Iterator[Row | Rejected]:
    for row in each([rows], build):
        yield (
            Rejected(row.reason, [r.raw for r in rows], external_id=rows[0].text("amazon-order-id"))
            if isinstance(row, Rejected)
            else row
        )


def _order(rows: list[Record], *, mark: str) -> Iterator[Row]:
    first = rows[0]
    status = order_status(first.text("order-status"))
    currency = next((row.text("currency") for row in rows if row.text("currency")), "")
    lines = tuple(_line(row, place, mark=mark, order_status=status) for place, row in enumerate(rows, start=1))
    updated = first.text("last-updated-date")
    yield Order(
        external_id=first.need("amazon-order-id"),
        changed_at=moment(updated) if updated else None,
        channel=channel(first.text("sales-channel")),
        status=status,
        status_raw=first.text("order-status"),
        ordered_at=moment(first.need("purchase-date")),
        fulfilment=_fulfilment(first.text("fulfillment-channel", "fulfilment-channel")),
        currency=currency,
        ship_to_country=first.text("ship-country"),
        is_business=first.text("is-business-order").casefold() == "true",
        lines=lines,
        extra={"line_ids": "made from sku and place, because the report has none"},
    )


def _fulfilment(word: str) -> Fulfilment:
    return FULFILMENTS.get(
        "MERCHANT" if word.casefold() in ("merchant", "seller") else word.upper(), Fulfilment.UNKNOWN
    )


def _line(row: Record, place: int, *, mark: str, order_status: OrderStatus) -> OrderLine:
    quantity = whole(row.text("quantity"))
    if quantity is None:
        raise Unreadable("column quantity is empty")
    is_cancelled = OrderStatus.CANCELLED in (order_status, _item_status(row))
    is_shipped = _item_status(row) in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    item_total, tax = _money(row, "item-price", mark), _money(row, "item-tax", mark)
    shipping_tax, asin = _money(row, "shipping-tax", mark), row.text("asin")
    return OrderLine(
        external_id=row.text("order-item-id") or f"{row.text('sku')}#{place}",
        sku=row.text("sku"),
        product_ids=(ProductId(IdentifierKind.MARKETPLACE_ITEM, asin),) if asin else (),
        title=row.text("product-name"),
        quantity=quantity,
        quantity_shipped=quantity if is_shipped and not is_cancelled else 0,
        quantity_cancelled=quantity if is_cancelled else 0,
        unit_price=unit_price(item_total, quantity),
        item_total=item_total,
        shipping=_money(row, "shipping-price", mark),
        gift_wrap=_money(row, "gift-wrap-price", mark),
        tax=tax + shipping_tax if tax and shipping_tax else tax or shipping_tax,
        discount=_positive(_money(row, "item-promotion-discount", mark)),
        shipping_discount=_positive(_money(row, "ship-promotion-discount", mark)),
    )


def _item_status(row: Record) -> OrderStatus:
    return order_status(row.text("item-status"))


def _money(row: Record, name: str, mark: str) -> Money | None:
    text = row.text(name)
    try:
        return Money(amount(text, mark=mark), row.text("currency")) if text else None
    except ValueError as error:
        raise Unreadable(f"column {name}: {error}") from None


def _positive(value: Money | None) -> Money | None:
    return None if value is None else abs(value)
