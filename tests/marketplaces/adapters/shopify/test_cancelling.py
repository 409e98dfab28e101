"""An order is cancelled as a whole, once, and counts as cancelled when it says so."""

from __future__ import annotations

import json

import pytest

from marketplaces.adapters.shopify import cancelling
from marketplaces.canonical import OrderStatus
from marketplaces.contract import CommandKind, Outbound, OutcomeState


def wish(order, reason="out_of_stock", **units) -> Outbound:
    payload = {"units": units, "cancelled_in_all": units, "reason": reason}
    return Outbound(kind=CommandKind.CANCEL_UNITS, key="k", external_id=str(order), payload=payload)


@pytest.fixture
def open_order(view):
    return next(
        order for order in reversed(view.orders(since=view.at.replace(day=1), until=view.at))
        if order.status == OrderStatus.TO_SHIP
    )  # fmt: skip


def test_the_whole_order_is_cancelled_and_paid_back_and_its_stock_left_alone(client, exchanges, open_order):
    whole = wish(open_order.serial, **{str(line.serial): line.quantity for line in open_order.lines})
    assert client.read_back(whole, "").state is OutcomeState.UNKNOWN
    assert client.send(whole).state is OutcomeState.ACCEPTED
    sent = next(json.loads(each.request_body) for each in reversed(exchanges) if b"orderCancel" in each.request_body)
    assert "restock: false" in sent["query"]
    assert (sent["variables"]["reason"], sent["variables"]["refund"]) == (
        "INVENTORY", {"originalPaymentMethodsRefund": True},
    )  # fmt: skip
    assert client.read_back(whole, "").state is OutcomeState.CONFIRMED
    refused = client.send(whole)
    assert refused.state is OutcomeState.REJECTED


def test_a_part_of_an_order_is_not_cancelled(client, open_order):
    refused = client.send(wish(open_order.serial, **{str(open_order.lines[0].serial): 99}))
    assert (refused.state, "the shop cancels whole orders only" in refused.reason) == (OutcomeState.REJECTED, True)


def test_an_order_that_was_never_heard_of_is_not_known(client):
    assert client.send(wish(1, L1=1)).state is OutcomeState.REJECTED
    assert cancelling.outcome(wish(1, L1=1), None).state is OutcomeState.UNKNOWN
