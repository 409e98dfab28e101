"""Prices, stock and shipments: what is sent, and when it counts as done."""

import json
from datetime import timedelta

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.bol import actions
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.canonical import Fulfilment
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.bol.simulated import NOW, client_of, days


def command(kind: CommandKind, external_id: str, **payload: object) -> Outbound:
    return Outbound(kind=kind, key="write-1", external_id=external_id, payload=payload)


def offer_id(bol) -> str:
    return ids.offer_id(bol.view.listings()[0].serial)


@pytest.mark.parametrize("version", ["v11", "v10"])
def test_it_writes_a_price_and_confirms_it_when_the_offer_shows_it(bol, version):
    client = client_of(bol, settings={"offers_api": version})
    write = command(CommandKind.SET_PRICE, offer_id(bol), price="12.30", currency="EUR")
    sent = client.send(write)
    assert sent.state == OutcomeState.ACCEPTED
    assert bool(sent.remote_ref) == (version == "v10")
    assert b"12.30" in bol.seen[-1][0].body
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED


@pytest.mark.parametrize("version", ["v11", "v10"])
def test_it_sends_all_bundle_prices_with_a_new_price_for_those_not_sent_are_gone(bol, version):
    client = client_of(bol, settings={"offers_api": version})
    listing = bol.view.listings()[0]
    bol.view.put("bundle_prices", str(listing.serial), {"prices": [{"quantity": 5, "unitPrice": "0.95"}]})
    before = client.offer(command(CommandKind.SET_PRICE, offer_id(bol))).json()
    assert client.send(command(CommandKind.SET_PRICE, offer_id(bol), price="12.30")).state == OutcomeState.ACCEPTED
    after = client.offer(command(CommandKind.SET_PRICE, offer_id(bol))).json()
    assert [(each["quantity"], str(each["unitPrice"])) for each in actions.bundles(after)] == [
        (1, "12.30"),
        (5, "0.95"),
    ]
    assert after["stock"] == before["stock"]
    refused = client.send(command(CommandKind.SET_PRICE, offer_id(bol), price="0.95"))
    assert refused.state == OutcomeState.REJECTED
    assert refused.reason == (
        "the price 0.95 is not above the bundle price of 0.95 a piece from 5 pieces on; change that one first"
    )


@pytest.mark.parametrize(("version", "told"), [("v11", 999), ("v10", 999)])
def test_it_tells_at_most_999_units_and_always_the_same_mode(bol, version, told):
    client = client_of(bol, settings={"offers_api": version})
    write = command(CommandKind.SET_STOCK, offer_id(bol), quantity=5000)
    sent = client.send(write)
    body = json.loads(bol.seen[-1][0].body)
    assert body.get("stock", body) == {"amount": told, "managedByRetailer": False}
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED


def test_it_does_not_know_when_the_offer_shows_another_price(bol, client):
    write = command(CommandKind.SET_PRICE, offer_id(bol), price="12.30")
    outcome = client.read_back(write, "")
    assert outcome.state == OutcomeState.UNKNOWN
    assert "wanted 12.30" in outcome.reason


def open_order(bol):
    found = bol.view.orders(since=NOW - days(3), until=NOW)
    return next(
        order for order in reversed(found)
        if order.fulfilment == Fulfilment.MERCHANT and not order.shipped_at and not order.cancelled_at
    )  # fmt: skip


def test_it_ships_an_order_and_confirms_it_when_process_and_order_agree(bol, client):
    order = open_order(bol)
    lines = {ids.line_id(line.serial): line.quantity for line in order.lines}
    write = command(
        CommandKind.CONFIRM_SHIPMENT, ids.order_id(order.serial), carrier="PostNL", tracking_number="T1", lines=lines
    )
    sent = client.send(write)
    assert json.loads(bol.seen[-1][0].body)["transport"] == {"transporterCode": "TNT", "trackAndTrace": "T1"}
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.ACCEPTED
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED


def test_it_does_not_take_the_first_parcel_of_a_line_for_the_second(bol, client):
    found = bol.view.orders(since=NOW - days(9), until=NOW)
    order, line = next(
        (order, line) for order in found for line in order.lines
        if order.fulfilment == Fulfilment.MERCHANT and not order.shipped_at and not order.cancelled_at and line.quantity > 1
    )  # fmt: skip
    of = {"external_id": ids.order_id(order.serial), "carrier": "GLS", "lines": {ids.line_id(line.serial): 1}}
    client.send(command(CommandKind.CONFIRM_SHIPMENT, tracking_number="T1", **of))
    bol.at = NOW + timedelta(minutes=1)
    second = command(
        CommandKind.CONFIRM_SHIPMENT, tracking_number="T2", shipped_in_all={ids.line_id(line.serial): 2}, **of
    )
    assert client.read_back(second, "").state == OutcomeState.UNKNOWN
    client.send(second)
    bol.at = NOW + timedelta(minutes=2)
    assert client.read_back(second, "").state == OutcomeState.CONFIRMED


def test_it_is_rejected_with_bols_reason_when_the_process_fails(bol, client):
    order = next(o for o in bol.view.orders(since=NOW - days(9), until=NOW - days(5)) if o.shipped_at)
    lines = {ids.line_id(order.lines[0].serial): 1}
    write = command(CommandKind.CONFIRM_SHIPMENT, ids.order_id(order.serial), carrier="GLS", lines=lines)
    sent = client.send(write)
    bol.at = NOW + timedelta(minutes=1)
    outcome = client.read_back(write, sent.remote_ref)
    assert (outcome.state, outcome.reason) == (
        OutcomeState.REJECTED, "the order item is unknown or no longer open",
    )  # fmt: skip


def test_it_looks_at_the_order_when_bol_has_forgotten_the_process(bol, client):
    order = next(o for o in bol.view.orders(since=NOW - days(9), until=NOW - days(5)) if o.shipped_at)
    line = next(line for line in order.lines if line.shipped)
    write = command(
        CommandKind.CONFIRM_SHIPMENT, ids.order_id(order.serial), carrier="GLS", lines={ids.line_id(line.serial): 1}
    )
    assert client.read_back(write, "12345").state == OutcomeState.CONFIRMED


def test_it_is_rejected_when_bol_refuses_the_request(bol, client):
    outcome = client.send(command(CommandKind.SET_PRICE, "00000000-0000-4000-8000-000000000000", price="10.00"))
    assert outcome.state == OutcomeState.REJECTED
    assert "404" in outcome.reason


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (CommandKind.SET_PRICE, {"price": 9.99}),
        (CommandKind.SET_PRICE, {"price": "0"}),
        (CommandKind.SET_PRICE, {"price": "9.999"}),
        (CommandKind.SET_PRICE, {"price": "9.99", "currency": "USD"}),
        (CommandKind.SET_STOCK, {"quantity": -1}),
        (CommandKind.SET_STOCK, {"quantity": "3"}),
        (CommandKind.CONFIRM_SHIPMENT, {"carrier": "GLS"}),
    ],
)
def test_it_refuses_what_cannot_be_said_before_anything_is_sent(bol, client, kind, payload):
    assert client.send(command(kind, "x", **payload)).state == OutcomeState.REJECTED
    assert bol.seen == []
    with pytest.raises(Rejected):
        actions.request(command(kind, "x", **payload), {})


@pytest.mark.parametrize(
    ("carrier", "code"),
    [("PostNL", "TNT"), ("dpd be", "DPD-BE"), ("DHLFORYOU", "DHLFORYOU"), ("Pigeon", "OTHER"), ("", "OTHER")],
)
def test_it_knows_bols_code_of_a_carrier(carrier, code):
    assert actions.transporter(carrier) == code


def test_it_changes_the_transport_that_has_the_former_code_and_sees_it_changed(bol, client):
    order = open_order(bol)
    lines = {ids.line_id(line.serial): line.quantity for line in order.lines}
    of = {"external_id": ids.order_id(order.serial), "carrier": "GLS", "lines": lines}
    client.send(command(CommandKind.CONFIRM_SHIPMENT, tracking_number="T1", **of))
    write = command(CommandKind.CORRECT_TRACKING, tracking_number="T2", was=["T0", "T1"], **of)
    sent = client.send(write)
    request = bol.seen[-1][0]
    assert (request.method, request.path) == ("PUT", f"/retailer/transports/6{order.serial}")
    assert json.loads(request.body) == {"transporterCode": "GLS", "trackAndTrace": "T2"}
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.ACCEPTED
    bol.at = NOW + timedelta(minutes=1)
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED
    lost = client.send(write)
    assert lost.reason.endswith("bol shows 0 parcels with T0 or T1; look there")
    assert lost.state == OutcomeState.REJECTED
