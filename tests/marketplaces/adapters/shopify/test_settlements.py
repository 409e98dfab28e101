"""Payouts: fees from the movements, the parts of a payment, and what is left out."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core.money import Money, total
from marketplaces.adapters.shopify.mapping import MAPPERS
from marketplaces.adapters.shopify.rows.movement_types import class_of
from marketplaces.canonical import LineClass, Settlement, SettlementLine
from marketplaces.contract import Page, Window
from tests.marketplaces.adapters.shopify.conftest import NOW


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "EUR"}


def movement(kind: str, amount: str, fee: str | None, net: str, **more: object) -> dict:
    told = {"type": kind, "amount": eur(amount), "fee": eur(fee) if fee else None, "net": eur(net)}
    return {"id": "gid://shopify/ShopifyPaymentsBalanceTransaction/1", **told, **more}


def lines(*movements: dict, **more: object) -> list[SettlementLine]:
    payout = {"id": "gid://shopify/ShopifyPaymentsPayout/55", "issuedAt": "2026-03-04T00:00:00Z", "net": None}
    body = {"payout": payout, "transactions": list(movements), "orders": [], **more}
    return list(MAPPERS["settlements"](Page(resource="settlements", body=json.dumps(body).encode())))


def test_it_sums_the_movements_when_the_payout_does_not_tell_its_net():
    header, *rows = lines(movement("CHARGE", "30.00", "0.72", "29.28"), movement("REFUND", "-15.00", None, "-15.00"))
    assert isinstance(header, Settlement)
    assert header.total == total((row.amount for row in rows), "EUR") == Money(Decimal("14.28"), "EUR")


def test_it_takes_net_less_amount_as_the_fee_whatever_sign_the_fee_is_told_with():
    row = lines(movement("ADJUSTMENT", "-5.00", "-0.19", "-5.19"))[-1]
    assert (row.line_class, row.amount.amount, row.labels[2]) == ("payment_fee", Decimal("-0.19"), "fee, net differs")


def test_it_leaves_out_the_payout_itself_test_money_and_the_movements_of_other_payouts():
    other = {"associatedPayout": {"id": "gid://shopify/ShopifyPaymentsPayout/56"}}
    told = lines(
        movement("TRANSFER", "-9.00", None, "-9.00"),
        movement("CHARGE", "9.00", None, "9.00", test=True),
        movement("CHARGE", "9.00", None, "9.00", **other),
        movement("CHARGE", "1.00", None, "1.00"),
    )
    assert [row.amount.amount for row in told if isinstance(row, SettlementLine)] == [Decimal("1.00")]


@pytest.mark.parametrize(
    ("kind", "is_credit", "line_class"),
    [
        ("RESERVED_FUNDS", False, LineClass.RESERVE_IN),
        ("RESERVED_FUNDS_REVERSAL", True, LineClass.RESERVE_OUT),
        ("CHARGEBACK_HOLD_RELEASE", True, LineClass.RESERVE_OUT),
        ("CHARGEBACK_FEE_REFUND", True, LineClass.PENALTY),
        ("SHIPPING_LABEL_ADJUSTMENT_SURCHARGE", False, LineClass.SHIPPING_LABEL),
        ("LENDING_DEBIT_REVERSAL", True, LineClass.LOAN),
        ("MARKETPLACE_FEE_CREDIT_REVERSAL", False, LineClass.FEE_REVERSAL),
        ("CHARGE_ADJUSTMENT", True, LineClass.ADJUSTMENT),
        ("CHARGEX", True, LineClass.UNKNOWN),
    ],
)
def test_it_knows_what_a_type_is_by_its_longest_beginning(kind, is_credit, line_class):
    assert class_of(kind, is_credit=is_credit) is line_class


def order(*worth: str) -> dict:
    def bag(amount: str) -> dict:
        return {"shopMoney": eur(amount)}

    rows = [
        {"id": f"gid://shopify/LineItem/{n}", "quantity": 1, "originalUnitPriceSet": bag(amount)}
        for n, amount in enumerate(worth, start=1)
    ]
    payments = [
        {"id": f"gid://shopify/OrderTransaction/{n}", "kind": "CAPTURE", "status": "SUCCESS", "amountSet": bag(amount)}
        for n, amount in enumerate(worth, start=1)
    ]
    return {
        "id": "gid://shopify/Order/9",
        "taxesIncluded": True,
        "lineItems": {"nodes": rows},
        "transactions": payments,
    }


def test_it_books_a_short_payment_on_the_position_that_it_was_captured_for():
    moved = [movement("CHARGE", "16.00", None, "16.00", sourceOrderTransactionId="2")]
    row = lines(*moved, orders=[order("10.00", "20.00")])[-1]
    assert (row.line_id, row.amount.amount) == ("2", Decimal("16.00"))


def test_it_splits_a_payment_in_another_currency_in_proportion_and_to_the_cent():
    in_pounds = {
        "amount": {"amount": "25.01", "currencyCode": "GBP"},
        "net": {"amount": "25.01", "currencyCode": "GBP"},
    }
    whole = order("10.00", "20.00")
    whole["transactions"] = [{**whole["transactions"][0], "amountSet": {"shopMoney": eur("30.00")}}]
    moved = {**movement("CHARGE", "0", None, "0", sourceOrderTransactionId="1"), **in_pounds}
    found = [row for row in lines(moved, orders=[whole]) if isinstance(row, SettlementLine)]
    assert [(row.line_id, str(row.amount.amount), row.amount.currency) for row in found] == [
        ("1", "8.34", "GBP"), ("2", "16.67", "GBP"),
    ]  # fmt: skip


def test_it_reads_each_payout_once_with_the_time_since_the_one_before(client, view):
    window = Window(NOW - timedelta(days=42), NOW)
    pages = list(client.settlements(window))
    heads = [next(iter(MAPPERS["settlements"](page))) for page in pages]
    issued = [statement.issued_at for statement in view.statements(since=window.since, until=NOW)]
    assert [head.period_end for head in heads] == issued
    assert [head.period_start for head in heads[1:]] == issued[:-1]
    seen = frozenset(page.document_id for page in pages[1:])
    assert [page.document_id for page in client.settlements(Window(window.since, NOW, seen))] == [pages[0].document_id]
