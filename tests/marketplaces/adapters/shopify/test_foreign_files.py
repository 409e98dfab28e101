"""Answers as others keep them: several in one file, and lists of payouts."""

import json

from marketplaces.adapters.shopify.mapping import MAPPERS
from marketplaces.canonical import Settlement, SettlementLine
from marketplaces.contract import Page


def read(resource, body):
    return list(MAPPERS[resource](Page(resource=resource, body=json.dumps(body).encode())))


def money(amount):
    return {"amount": amount, "currencyCode": "EUR"}


def payout(number, net):
    return {
        "id": f"gid://shopify/ShopifyPaymentsPayout/{number}",
        "issuedAt": "2026-10-02T00:00:00Z",
        "net": money(net),
    }


def movement(number, payout_id, amount):
    told = {"id": f"gid://shopify/ShopifyPaymentsBalanceTransaction/{number}", "type": "ADJUSTMENT"}
    beside = {"associatedPayout": {"id": f"gid://shopify/ShopifyPaymentsPayout/{payout_id}"}} if payout_id else {}
    return told | {"amount": money(amount), "net": money(amount), "fee": money("0.00")} | beside


def test_it_reads_every_payout_of_a_list_with_its_own_movements():
    account = {
        "payouts": {"nodes": [payout(1, "5.00"), payout(2, "7.00")]},
        "balanceTransactions": {
            "nodes": [movement(11, 2, "7.00"), movement(12, 1, "5.00"), movement(13, None, "1.00")]
        },
    }
    rows = read("settlements", {"data": {"shopifyPaymentsAccount": account}})
    heads = [(row.external_id, row.total.amount) for row in rows if isinstance(row, Settlement)]
    lines = [(row.settlement_id, row.reference, row.amount.amount) for row in rows if isinstance(row, SettlementLine)]
    assert heads == [("1", 5), ("2", 7)]
    assert lines == [("1", "12", 5), ("2", "11", 7), ("", "13", 1)]


def test_it_reads_several_documents_of_one_file():
    rows = read("settlements", [{"payout": payout(1, "5.00")}, {"payout": payout(2, "7.00")}])
    assert [row.external_id for row in rows] == ["1", "2"]


def test_it_reads_several_answers_of_one_file():
    changes = [{"id": f"gid://shopify/Order/{n}", "cancelledAt": "2026-10-02T08:00:00Z"} for n in (1, 2)]
    rows = read("order_changes", [{"data": {"orders": {"nodes": [change]}}} for change in changes])
    assert [row.order_id for row in rows] == ["1", "2"]
