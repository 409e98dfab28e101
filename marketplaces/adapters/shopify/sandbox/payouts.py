"""Payouts and balance transactions: each position is captured on its own when it leaves, fees are movements beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.shopify.sandbox.graphql import Field, connection
from marketplaces.adapters.shopify.sandbox.ids import amount, capture, gid, repayment
from marketplaces.adapters.shopify.sandbox.orders import span, stamp
from marketplaces.canonical import LineClass
from marketplaces.sandbox.facts import View, WorldStatement, WorldStatementLine

SALE = frozenset({LineClass.PRINCIPAL, LineClass.SHIPPING, LineClass.PROMOTION})
BACK = frozenset({LineClass.REFUND_PRINCIPAL, LineClass.REFUND_SHIPPING, LineClass.REFUND_PROMOTION})
TYPES = {
    LineClass.COMMISSION: ("REFERRAL_FEE", "ADJUSTMENT"),
    LineClass.FEE_REVERSAL: ("MARKETPLACE_FEE_CREDIT", "ADJUSTMENT"),
    LineClass.RESERVE_IN: ("RESERVED_FUNDS", "SYSTEM_ADJUSTMENT"),
    LineClass.RESERVE_OUT: ("RESERVED_FUNDS_WITHDRAWAL", "SYSTEM_ADJUSTMENT"),
}
MOVEMENTS = 100_000


def account(view: View, call: Field) -> dict[str, Any]:
    """`shopifyPaymentsAccount`, with the connections that the query asks for."""
    found: dict[str, Any] = {"id": gid("ShopifyPaymentsAccount", 1)}
    for asked in call.fields:
        query = str(asked.arguments.get("query") or "")
        if asked.name == "payouts":
            since, until = span(view, query)
            told = [_payout(statement) for statement in view.statements(since=since, until=until)]
            found["payouts"] = connection(told, asked.arguments)
        elif asked.name == "balanceTransactions":
            found["balanceTransactions"] = connection(_movements(view, query), asked.arguments)
    return found


def _payout(statement: WorldStatement) -> dict[str, Any]:
    return {
        "id": gid("ShopifyPaymentsPayout", statement.serial),
        "legacyResourceId": str(statement.serial),
        "issuedAt": stamp(statement.issued_at),
        "status": "PAID",
        "transactionType": "DEPOSIT" if statement.total.amount >= 0 else "WITHDRAWAL",
        "net": amount(statement.total),
    }


def _movements(view: View, query: str) -> list[dict[str, Any]]:
    told = re.search(r"payments_transfer_id:(\d+)", query)
    statement = view.statement(int(told[1])) if told else None
    return [_movement(statement, rows) for rows in _grouped(statement)] if statement else []


def _grouped(statement: WorldStatement) -> Iterator[list[WorldStatementLine]]:
    """What one payment or refund of a position consists of moves at once."""
    groups: dict[tuple[object, ...], list[WorldStatementLine]] = {}
    for row in statement.lines:
        side = "sale" if row.line_class in SALE else "back" if row.line_class in BACK else row.row_no
        groups.setdefault((side, row.line_serial, row.posted_at), []).append(row)
    yield from groups.values()


def _movement(statement: WorldStatement, rows: list[WorldStatementLine]) -> dict[str, Any]:
    row = rows[0]
    moved = total((each.amount + each.vat for each in rows), statement.currency)
    kind, source = _type(row)
    order = row.order_serial
    payment = None if row.line_serial is None else (repayment if row.is_refund else capture)(row.line_serial)
    none = Money(moved.amount * 0, moved.currency)
    return {
        "id": gid("ShopifyPaymentsBalanceTransaction", statement.serial * MOVEMENTS + row.row_no),
        "type": row.renamed_to or kind,
        "transactionDate": stamp(row.posted_at),
        "test": False,
        "sourceType": source,
        "sourceId": str(statement.serial * MOVEMENTS + row.row_no),
        "sourceOrderTransactionId": payment.rpartition("/")[2] if payment else None,
        "adjustmentReason": None,
        "amount": amount(moved),
        "fee": amount(none),
        "net": amount(moved),
        "associatedOrder": {"id": gid("Order", order), "name": f"#T{order % 100_000}"} if order else None,
        "associatedPayout": {"id": gid("ShopifyPaymentsPayout", statement.serial), "status": "PAID"},
        "adjustmentsOrders": [],
    }


def _type(row: WorldStatementLine) -> tuple[str, str]:
    if row.line_class in SALE:
        return "CHARGE", "CHARGE"
    if row.line_class in BACK:
        return "REFUND", "REFUND"
    return TYPES.get(row.line_class, (row.line_class.name, "ADJUSTMENT"))
