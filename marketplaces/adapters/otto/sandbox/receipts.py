"""Receipts: an invoice when an order has left, a credit note when a return is accepted. Amounts are magnitudes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.otto.sandbox import ids, money
from marketplaces.adapters.otto.sandbox.orders import TICK
from marketplaces.adapters.otto.sandbox.parcels import DECIDED_AFTER
from marketplaces.adapters.otto.sandbox.replies import by_cursor, question, refuse, zulu
from marketplaces.sandbox import tariffs
from marketplaces.sandbox.facts import Answer, Request, View, WorldLine, WorldOrder, WorldReturn

AFTER_SHIPPING = timedelta(minutes=20)
LIFE = timedelta(days=40)


def receipt_list(view: View, request: Request) -> Answer:
    """`GET /v3/receipts`: by UTC day of creation, newest first."""
    asked = question(request, "next")
    span = money.days_of(asked, view)
    if span is None:
        return refuse(request, 400, "INVALID_DATE", "from and to are days")
    wanted = set(asked.get("receiptTypes", "PURCHASE,REFUND,PARTIAL_REFUND").split(","))
    found = [piece for piece in _all(view, span[0]) if span[0] <= piece[0] < span[1] and piece[1] in wanted]
    newest = sorted(found, key=lambda piece: (piece[0], piece[2]["receiptNumber"]), reverse=True)
    return by_cursor(request, newest, lambda piece: piece[2], key="resources", cursor="next", most=128)


def _all(view: View, since: datetime) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    for order in view.orders(since=since - LIFE, until=view.at + TICK):
        if order.shipped_at and order.shipped_at + AFTER_SHIPPING <= view.at:
            yield order.shipped_at + AFTER_SHIPPING, "PURCHASE", _invoice(order, order.shipped_at + AFTER_SHIPPING)
    for item in view.returns(since=since - LIFE, until=view.at + TICK):
        order_of = view.order(item.order_serial) if item.is_handled else None
        if order_of:
            at = item.returned_at + DECIDED_AFTER
            yield at, "REFUND", _credit(order_of, item, at)


def _invoice(order: WorldOrder, at: datetime) -> dict[str, Any]:
    left = [line for line in order.lines if line.shipped]
    items = [_position(line, range(1, line.shipped + 1), line.discount) for line in left]
    fees = [_delivery(line) for line in left if line.shipping]
    return _receipt("PURCHASE", f"91{order.serial}", order, at, items=items, fees=fees)


def _credit(order: WorldOrder, item: WorldReturn, at: datetime) -> dict[str, Any]:
    line = next(line for line in order.lines if line.serial == item.line_serial)
    given = tariffs.part(line.discount, Decimal(item.quantity) / (line.quantity - line.cancelled))
    items = [_position(line, range(1, item.quantity + 1), given)]
    body = _receipt("REFUND", f"92{item.line_serial}", order, at, items=items, fees=[])
    return {**body, "linkedReceiptNumber": f"91{order.serial}", "refundType": "RETURN"}


def _position(line: WorldLine, numbers: range, discount: Money) -> dict[str, Any]:
    gross = line.unit_price * len(numbers)
    modified = {
        "priceModificationType": "PARTNER_DISCOUNT",
        "priceModificationAmount": money.price(discount, line.vat_rate),
    }
    return {
        "sku": line.product.sku,
        "articleNumber": ids.article_number(line.product.serial),
        "productTitle": line.product.title,
        "positionItemIds": [ids.unit_id(line.serial, number) for number in numbers],
        "quantity": len(numbers),
        "unitPrice": money.price(line.unit_price, line.vat_rate),
        "priceModifications": [modified] if discount else [],
        "positionSum": money.price(gross - discount, line.vat_rate),
    }


def _delivery(line: WorldLine) -> dict[str, Any]:
    price = money.price(line.shipping, line.vat_rate)
    return {"deliveryCostType": "DELIVERY_FEE_STANDARD", "unitPrice": price, "positionSum": price}


def _receipt(
    kind: str, number: str, order: WorldOrder, at: datetime, *, items: list[dict[str, Any]], fees: list[dict[str, Any]]
) -> dict[str, Any]:
    due = total((Money(p["positionSum"]["gross"]["amount"], "EUR") for p in (*items, *fees)), "EUR")
    return {
        "receiptType": kind,
        "receiptNumber": number,
        "isRealReceipt": True,
        "creationDate": zulu(at),
        "salesOrderId": ids.sales_order_id(order.serial),
        "orderNumber": ids.order_number(order.serial),
        "orderDate": zulu(order.placed_at),
        "payment": {"paymentProvider": "OTTOPAYMENTS", "paymentMethod": "INVOICE_SINGLE"},
        "lineItems": {
            "itemPositions": items,
            "itemPartialRefundPositions": [],
            "servicePositions": [],
            "deliveryCosts": fees,
            "deliveryFeePartialRefundPositions": [],
        },
        "amountDue": {"amount": due.amount, "currency": due.currency},
    }
