"""Prices, stock and shipments: what is sent, and when it counts as done."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.otto import actions, carriers, endpoints
from marketplaces.adapters.otto.mapping import MAPPERS
from marketplaces.adapters.otto.sandbox import ids
from marketplaces.canonical import OrderStatus
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.otto.simulated import NOW, client_of

MINUTE = timedelta(minutes=1)
UNSET = {"return_number": "", "return_carrier": ""}


def command(kind: CommandKind, external_id: str, **payload: object) -> Outbound:
    return Outbound(kind=kind, key="write-1", external_id=external_id, payload=payload)


def sku(otto) -> str:
    return otto.view.listings()[0].product.sku


def open_order(otto, *, pieces: int = 1):
    """The newest order with a line of so many pieces that waits to be shipped."""
    found = otto.view.orders(since=NOW - timedelta(days=60), until=NOW)
    return next(
        order
        for order in reversed(found)
        if order.status == OrderStatus.TO_SHIP and any(line.quantity >= pieces for line in order.lines)
    )


def parcel(order, number: str = "00340000000000000017", lines=None, **more) -> Outbound:
    lines = lines or {ids.unit_id(line.serial, 1): line.quantity for line in order.lines}
    return command(
        CommandKind.CONFIRM_SHIPMENT,
        ids.order_number(order.serial),
        **{"carrier": "DHL", "tracking_number": number, "shipped_at": NOW.isoformat(), "lines": lines, **more},
    )


def test_it_writes_a_price_as_a_task_and_confirms_it_when_the_variation_shows_it(otto, client):
    write = command(CommandKind.SET_PRICE, sku(otto), price="12.30", currency="EUR")
    sent = client.send(write)
    assert (sent.state, sent.remote_ref) == (OutcomeState.ACCEPTED, "task-1")
    assert json.loads(otto.calls("/v5/products/prices", "POST")[0].body, parse_float=str) == [
        {"sku": sku(otto), "standardPrice": {"amount": "12.30", "currency": "EUR"}}
    ]
    waiting = client.read_back(write, sent.remote_ref)
    assert waiting.state == OutcomeState.ACCEPTED
    assert "2026-03-25T12:00:20Z" in waiting.reason
    otto.at = NOW + MINUTE
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED


def test_it_does_not_take_a_task_that_succeeded_for_a_price_that_is_shown(otto, client):
    sent = client.send(command(CommandKind.SET_PRICE, sku(otto), price="12.30"))
    otto.at = NOW + MINUTE
    outcome = client.read_back(command(CommandKind.SET_PRICE, sku(otto), price="12.31"), sent.remote_ref)
    assert outcome.state == OutcomeState.UNKNOWN
    assert "wanted 12.31, the marketplace shows 12.3" in outcome.reason


def test_it_is_rejected_with_the_tasks_reason_when_a_price_fails(otto, client):
    write = command(CommandKind.SET_PRICE, "NOBODY-KNOWS", price="12.30")
    sent = client.send(write)
    otto.at = NOW + MINUTE
    outcome = client.read_back(write, sent.remote_ref)
    assert outcome.state == OutcomeState.REJECTED
    assert "NOBODY-KNOWS: unknown SKU" in outcome.reason


def test_it_writes_a_quantity_and_confirms_it_when_it_is_read_back(otto, client):
    write = command(CommandKind.SET_STOCK, sku(otto), quantity=12)
    assert client.send(write).state == OutcomeState.ACCEPTED
    assert json.loads(otto.seen[-1].body) == [{"sku": sku(otto), "quantity": 12}]
    assert client.read_back(write, "").state == OutcomeState.CONFIRMED
    assert client.read_back(command(CommandKind.SET_STOCK, sku(otto), quantity=13), "").state == OutcomeState.UNKNOWN


def test_it_is_rejected_piece_by_piece_when_a_quantity_is_refused_with_207(otto, client):
    outcome = client.send(command(CommandKind.SET_STOCK, "NOBODY-KNOWS", quantity=12))
    assert outcome.state == OutcomeState.REJECTED
    assert "unknown SKU" in outcome.reason
    assert "log-207" in outcome.reason


def test_it_asks_by_query_for_a_sku_that_cannot_stand_in_a_path(otto, client):
    assert client.by_id("listings", "MUG/RED.1") is None
    assert otto.seen[-1].params == {"sku": "MUG/RED.1"}
    assert client.read_back(command(CommandKind.SET_STOCK, "MUG/RED.1", quantity=1), "").state == OutcomeState.UNKNOWN
    assert {request.path for request in otto.seen[2:]} == {"/v1/availability/quantities"}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (CommandKind.SET_PRICE, {"price": 9.99}),
        (CommandKind.SET_PRICE, {"price": "0"}),
        (CommandKind.SET_PRICE, {"price": "9.999"}),
        (CommandKind.SET_PRICE, {"price": "9.99", "currency": "USD"}),
        (CommandKind.SET_STOCK, {"quantity": -1}),
        (CommandKind.SET_STOCK, {"quantity": "3"}),
        (CommandKind.SET_STOCK, {"quantity": True}),
        (CommandKind.CONFIRM_SHIPMENT, {"carrier": "Pigeon", "tracking_number": "T1"}),
        (CommandKind.CONFIRM_SHIPMENT, {"carrier": "DHL"}),
    ],
)
def test_it_refuses_what_cannot_be_said_before_anything_is_sent(otto, client, kind, payload):
    assert client.send(command(kind, "x", **payload)).state == OutcomeState.REJECTED
    assert otto.seen == []


def test_it_ships_every_piece_from_the_warehouse_with_its_return_number(otto, client):
    order = open_order(otto, pieces=2)
    write = parcel(order, return_tracking_number="R1", return_carrier="Hermes")
    sent = client.send(write)
    assert (sent.state, sent.remote_ref) == (OutcomeState.ACCEPTED, ids.shipment_id(order.serial))
    body = json.loads(otto.calls("/v1/shipments", "POST")[0].body)
    assert body["trackingKey"] == {"carrier": "DHL", "trackingNumber": "00340000000000000017"}
    assert body["shipDate"] == "2026-03-25T12:00:00Z"
    assert body["shipFromAddress"] == {"city": "Kassel", "countryCode": "DEU", "zipCode": "34117"}
    assert {item["positionItemId"] for item in body["positionItems"]} == {
        ids.unit_id(line.serial, number) for line in order.lines for number in range(1, line.quantity + 1)
    }
    assert {item["salesOrderId"] for item in body["positionItems"]} == {ids.sales_order_id(order.serial)}
    keys = [item["returnTrackingKey"] for item in body["positionItems"]]
    assert keys == [{"carrier": "HERMES", "trackingNumber": "R1"}] * len(keys)
    assert client.read_back(write, sent.remote_ref).state == OutcomeState.CONFIRMED


def test_it_ships_nothing_without_a_return_number(otto):
    client = client_of(otto, settings=UNSET)
    outcome = client.send(parcel(open_order(otto)))
    assert outcome.state == OutcomeState.REJECTED
    assert "return label number is needed" in outcome.reason
    assert otto.seen == []


def test_it_is_refused_by_the_marketplace_itself_without_a_return_number(otto, client, monkeypatch):
    monkeypatch.setattr(actions, "return_key", lambda *_: {"carrier": "DHL", "trackingNumber": ""})
    order = open_order(otto)
    outcome = client.send(parcel(order))
    assert outcome.state == OutcomeState.REJECTED
    assert "RETURN_TRACKING_KEY_MISSING" in outcome.reason
    assert otto.view.order(order.serial).status == OrderStatus.TO_SHIP


def test_it_takes_return_labels_of_three_carriers_only(otto):
    client = client_of(otto, settings={"return_carrier": "DPD"})
    outcome = client.send(parcel(open_order(otto)))
    assert outcome.state == OutcomeState.REJECTED
    assert "DHL, GLS, HERMES" in outcome.reason


def test_it_never_ships_twice_when_the_answer_was_lost(otto, client):
    order = open_order(otto)
    write = parcel(order)
    client.send(write)
    again = client.send(write)
    assert (again.state, again.reason) == (OutcomeState.ACCEPTED, "told already")
    assert len(otto.calls("/v1/shipments", "POST")) == 1


def test_it_reads_the_order_when_the_marketplace_says_that_it_has_left_already(otto, client):
    order = open_order(otto)
    error = {"errors": [{"code": "POSITION_ITEM_INCLUDED_IN_OTHER_SHIPMENT"}]}
    write = parcel(order)
    found = client.api.call(endpoints.ORDER, parts={"id": write.external_id}).body
    otto.refusals = [
        (200, found, {"Content-Type": "application/json"}),
        (404, b"{}", {}),
        (400, json.dumps(error).encode(), {"Content-Type": "application/json"}),
    ]
    outcome = client.send(write)
    assert outcome.state == OutcomeState.ACCEPTED
    assert client.read_back(write, "").state == OutcomeState.UNKNOWN


def test_it_ships_a_line_in_two_parcels_piece_by_piece(otto, client):
    order = open_order(otto, pieces=2)
    line = next(line for line in order.lines if line.quantity >= 2)
    line_id = ids.unit_id(line.serial, 1)
    first = parcel(order, "T1", {line_id: 1}, shipped_in_all={line_id: 1})
    second = parcel(order, "T2", {line_id: 1}, shipped_in_all={line_id: 2})
    client.send(first)
    assert client.read_back(first, "").state == OutcomeState.CONFIRMED
    assert client.read_back(second, "").state == OutcomeState.UNKNOWN
    client.send(second)
    sent = [json.loads(r.body)["positionItems"] for r in otto.calls("/v1/shipments", "POST")]
    assert [[item["positionItemId"] for item in items] for items in sent] == [
        [ids.unit_id(line.serial, 1)], [ids.unit_id(line.serial, 2)],
    ]  # fmt: skip
    assert client.read_back(second, "").state == OutcomeState.CONFIRMED
    assert client.send(first).reason == "told already"


def announced(count: int) -> dict:
    unit = {"itemValueGrossPrice": {"amount": Decimal("29.9"), "currency": "EUR"}, "product": {"sku": "LAMP"}}
    items = [{**unit, "positionItemId": f"u{n}", "fulfillmentStatus": "ANNOUNCED"} for n in range(count)]
    return {"salesOrderId": "s1", "orderNumber": "k7", "positionItems": items}


def test_it_ships_no_piece_whose_payment_is_not_confirmed():
    write = command(CommandKind.CONFIRM_SHIPMENT, "k7", carrier="DHL", tracking_number="T1", lines={"u0": 1})
    with pytest.raises(Rejected, match="payment is not confirmed"):
        actions.shipped_units(write, announced(2))


def test_it_ships_no_more_pieces_than_are_open(otto, client):
    order = open_order(otto)
    lines = {ids.unit_id(order.lines[0].serial, 1): order.lines[0].quantity + 1}
    outcome = client.send(parcel(order, lines=lines))
    assert outcome.state == OutcomeState.REJECTED
    assert "open" in outcome.reason
    assert otto.calls("/v1/shipments", "POST") == []


def test_it_lets_forwarders_alone_leave_without_a_tracking_number():
    bare = command(CommandKind.CONFIRM_SHIPMENT, "k7", carrier="dachser", tracking_number="")
    assert actions.tracking_key(bare) == {"carrier": "DACHSER"}
    with pytest.raises(Rejected, match="only forwarders"):
        actions.tracking_key(command(CommandKind.CONFIRM_SHIPMENT, "k7", carrier="GLS"))


@pytest.mark.parametrize(
    ("name", "code"), [("dhl parcel", "DHL"), ("Hermes", "HERMES"), ("dhl-express", "DHL_EXPRESS"), ("UPS", "UPS")]
)
def test_it_knows_the_codes_of_carriers(name, code):
    assert carriers.outbound(name) == code


def test_it_shows_what_left_in_the_order_that_is_read_next(otto, client):
    order = open_order(otto, pieces=2)
    client.send(parcel(order))
    row = next(iter(MAPPERS["orders"](client.by_id("orders", ids.order_number(order.serial)))))
    assert row.status == OrderStatus.SHIPPED
    assert [line.quantity_shipped for line in row.lines] == [line.quantity for line in order.lines]
    states = [set(line.extra["position_items"].values()) for line in row.lines]
    assert states == [{"SENT"}] * len(order.lines)


def test_it_sends_the_sale_that_stands_with_a_new_price(otto):
    sale = {"salePrice": {"amount": "9.99", "currency": "EUR"}, "startDate": "2026-10-01", "endDate": "2026-10-31"}
    write = command(CommandKind.SET_PRICE, sku(otto), price="12.30")
    assert actions.price_row(write, {"pricing": {"sale": sale}})["sale"] == sale
    assert "sale" not in actions.price_row(write, {"pricing": {"sale": None}})


def test_one_piece_in_several_parcels_is_told_by_a_list_of_shipments_of_the_same_units(otto, client):
    order = open_order(otto)
    write = parcel(order, "0034", further_numbers=["0035", "0036"])
    sent = client.send(write)
    assert (sent.state, sent.remote_ref) == (OutcomeState.ACCEPTED, ids.shipment_id(order.serial))
    assert otto.calls("/v1/shipments", "POST") == []
    (call,) = otto.calls("/v1/multiparcel-shipments", "POST")
    told = json.loads(call.body)
    assert [each["trackingKey"] for each in told] == [
        {"carrier": "DHL", "trackingNumber": number} for number in ("0034", "0035", "0036")
    ]
    (items,) = {json.dumps(each["positionItems"], sort_keys=True) for each in told}
    assert {item["salesOrderId"] for item in json.loads(items)} == {ids.sales_order_id(order.serial)}
    assert client.read_back(write, sent.remote_ref).state is OutcomeState.CONFIRMED
    assert client.send(write).reason == "told already"
    assert len(otto.calls("/v1/multiparcel-shipments", "POST")) == 1


def cancelling(order, **lines) -> Outbound:
    return command(CommandKind.CANCEL_UNITS, ids.order_number(order.serial), units=lines, cancelled_in_all=lines)


def test_it_cancels_the_last_open_pieces_of_a_line_by_name_and_never_twice(otto, client):
    order = open_order(otto, pieces=2)
    line = next(line for line in order.lines if line.quantity >= 2)
    wish = cancelling(order, **{ids.unit_id(line.serial, 1): 1})
    assert client.read_back(wish, "").state is OutcomeState.UNKNOWN
    assert client.send(wish).state is OutcomeState.ACCEPTED
    (path,) = [request.path for request in otto.seen if request.method == "POST" and "cancellation" in request.path]
    last = ids.unit_id(line.serial, line.quantity)
    assert path == f"/v4/orders/{ids.sales_order_id(order.serial)}/positionItems/{last}/cancellation"
    assert client.read_back(wish, "").state is OutcomeState.CONFIRMED
    again = client.send(wish)
    assert (again.state, again.reason) == (OutcomeState.ACCEPTED, "cancelled already")
    (row,) = MAPPERS["orders"](client.by_id("orders", wish.external_id))
    shown = next(each for each in row.lines if each.external_id == ids.unit_id(line.serial, 1))
    assert (shown.quantity_cancelled, row.status) == (1, "to_ship")


def test_it_cancels_no_piece_that_has_left(otto, client):
    order = open_order(otto)
    client.send(parcel(order))
    line = order.lines[0]
    refused = client.send(cancelling(order, **{ids.unit_id(line.serial, 1): line.quantity}))
    assert refused.state is OutcomeState.REJECTED
    assert "but only 0 are open" in refused.reason


def test_all_pieces_of_a_call_are_cancelled_or_none(otto, client):
    order = open_order(otto, pieces=2)
    line = next(line for line in order.lines if line.quantity >= 2)
    names = [ids.unit_id(line.serial, number) for number in range(1, line.quantity + 1)]
    client.send(parcel(order, lines={names[0]: 1}, shipped_in_all={names[0]: 1}))
    with pytest.raises(Rejected, match="POSITION_ITEM_NOT_CANCELLABLE"):
        client.api.call(endpoints.CANCEL, parts={"order": ids.sales_order_id(order.serial), "units": ",".join(names)})
    (row,) = MAPPERS["orders"](client.by_id("orders", ids.order_number(order.serial)))
    assert [each.quantity_cancelled for each in row.lines if each.external_id == names[0]] == [0]
