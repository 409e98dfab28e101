"""Prices, stock and parcels: what is sent, and when it counts as done."""

import json

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.shopify import actions, events, together
from marketplaces.canonical import OrderStatus
from marketplaces.contract import CommandKind, Outbound, OutcomeState


def command(kind: CommandKind, external_id: object, **payload: object) -> Outbound:
    return Outbound(kind=kind, key="write-1", external_id=str(external_id), payload=payload)


def sent(exchanges, name: str) -> list[dict]:
    bodies = [json.loads(each.request_body) for each in exchanges if each.operation == "graphql"]
    return [body["variables"] for body in bodies if body["operationName"] == name]


def test_it_sets_stock_only_while_it_is_what_was_read_and_under_a_key(client, view, exchanges):
    listing = view.listings()[0]
    write = command(CommandKind.SET_STOCK, listing.serial, quantity=17)
    assert client.send(write).state is OutcomeState.ACCEPTED
    rows = sent(exchanges, "SetStock")[0]["input"]["quantities"]
    assert [(row["quantity"], row["changeFromQuantity"]) for row in rows] == [(17, listing.quantity)]
    assert client.read_back(write, "").state is OutcomeState.CONFIRMED
    assert client.send(write).state is OutcomeState.ACCEPTED


def sold_meanwhile(monkeypatch, view, listing) -> None:
    """Its units change after the first reading, before anything is set."""
    read = together.variants

    def and_change(api, commands):
        found = read(api, commands)
        monkeypatch.setattr(together, "variants", read)
        view.set_quantity(listing.product.sku, listing.store.code, listing.quantity + 5)
        return found

    monkeypatch.setattr(together, "variants", and_change)


def test_it_reads_and_sets_once_more_when_the_stock_has_changed_in_between(client, view, exchanges, monkeypatch):
    listing = view.listings()[0]
    sold_meanwhile(monkeypatch, view, listing)
    assert client.send(command(CommandKind.SET_STOCK, listing.serial, quantity=3)).state is OutcomeState.ACCEPTED
    first, second = sent(exchanges, "SetStock")
    assert [each["input"]["quantities"][0]["changeFromQuantity"] for each in (first, second)] == [
        listing.quantity, listing.quantity + 5,
    ]  # fmt: skip


def test_it_uses_another_key_when_it_sets_from_another_quantity():
    def variables(known: int) -> dict:
        level = {
            "location": {"id": "gid://shopify/Location/41"},
            "quantities": [{"name": "available", "quantity": known}],
        }
        item = {"id": "gid://shopify/InventoryItem/31", "tracked": True, "inventoryLevels": {"nodes": [level]}}
        row = actions.stock_row(command(CommandKind.SET_STOCK, 21, quantity=12), {"inventoryItem": item}, "")
        return actions.stock({"write-1": row})

    assert variables(10)["key"] == variables(10)["key"] != variables(11)["key"]


def test_it_refuses_to_set_stock_that_is_not_tracked():
    with pytest.raises(Rejected, match="not tracked"):
        actions.stock_row(command(CommandKind.SET_STOCK, 21, quantity=1), {"inventoryItem": {"tracked": False}}, "")


def test_it_does_not_know_when_a_quantity_is_stale_and_refuses_every_other_user_error():
    def outcome(code: str):
        errors = [{"field": ["input", "quantities", "0"], "message": "m", "code": code}]
        return actions.outcome({"inventorySetQuantities": {"userErrors": errors}}, "inventorySetQuantities")

    assert outcome("CHANGE_FROM_QUANTITY_STALE").state is OutcomeState.UNKNOWN
    assert outcome("COMPARE_QUANTITY_STALE").state is OutcomeState.UNKNOWN
    assert outcome("ITEM_NOT_STOCKED_AT_LOCATION").state is OutcomeState.REJECTED
    assert "input.quantities.0" in outcome("INVALID_REASON").reason


def test_it_writes_a_price_that_the_variant_then_shows(client, view):
    write = command(CommandKind.SET_PRICE, view.listings()[0].serial, price="12.30", currency="EUR")
    assert client.read_back(write, "").state is OutcomeState.UNKNOWN
    assert client.send(write).state is OutcomeState.ACCEPTED
    assert client.read_back(write, "").state is OutcomeState.CONFIRMED


@pytest.mark.parametrize("price", [9.99, "0", "9.999", "free"])
def test_it_refuses_a_price_that_is_not_exact(client, view, price):
    write = command(CommandKind.SET_PRICE, view.listings()[0].serial, price=price, currency="EUR")
    assert client.send(write).state is OutcomeState.REJECTED


def test_it_is_rejected_when_the_variant_is_not_known(client):
    assert client.send(command(CommandKind.SET_PRICE, 1, price="1.00")).state is OutcomeState.REJECTED


def open_order(view):
    found = view.orders(since=view.at.replace(day=20), until=view.at)
    return next(order for order in found if order.status == OrderStatus.TO_SHIP)


def test_it_ships_open_work_and_never_sends_the_same_parcel_twice(client, view, exchanges):
    order = open_order(view)
    lines = {str(line.serial): line.quantity - line.cancelled for line in order.lines}
    of = {"carrier": "DHL", "tracking_number": "T1", "lines": lines, "shipped_in_all": lines}
    write = command(CommandKind.CONFIRM_SHIPMENT, order.serial, **of)
    assert client.send(write).state is OutcomeState.ACCEPTED
    assert client.read_back(write, "").state is OutcomeState.CONFIRMED
    assert client.send(write).state is OutcomeState.CONFIRMED
    assert len(sent(exchanges, "Ship")) == 1
    assert sent(exchanges, "Ship")[0]["fulfillment"]["trackingInfo"] == {"company": "DHL", "number": "T1"}


def test_it_rejects_a_parcel_of_units_that_are_not_open(client, view):
    order = open_order(view)
    lines = {str(order.lines[0].serial): 99}
    outcome = client.send(command(CommandKind.CONFIRM_SHIPMENT, order.serial, carrier="DHL", lines=lines))
    assert outcome.state is OutcomeState.REJECTED
    assert client.send(command(CommandKind.CONFIRM_SHIPMENT, order.serial, lines={})).state is OutcomeState.REJECTED


def work(number: int, place: int, actions_: tuple[str, ...] = ("CREATE_FULFILLMENT",), status: str = "OPEN") -> dict:
    row = {
        "id": f"gid://shopify/FulfillmentOrderLineItem/{number}",
        "remainingQuantity": 1,
        "lineItem": {"id": "gid://shopify/LineItem/1"},
    }
    return {
        "id": f"gid://shopify/FulfillmentOrder/{number}", "status": status, "lineItems": {"nodes": [row]},
        "supportedActions": [{"action": action} for action in actions_],
        "assignedLocation": {"location": {"id": f"gid://shopify/Location/{place}"}},
    }  # fmt: skip


def test_it_makes_one_call_per_location_and_leaves_work_on_hold_alone():
    write = command(CommandKind.CONFIRM_SHIPMENT, 1, lines={"1": 2}, carrier="DHL")
    held = work(3, 41, ("RELEASE_HOLD",), "ON_HOLD")
    calls = actions.shipments(write, {"fulfillmentOrders": {"nodes": [held, work(1, 41), work(2, 42)]}})
    assert [len(call["fulfillment"]["lineItemsByFulfillmentOrder"]) for call in calls] == [1, 1]
    with pytest.raises(Rejected, match="nothing is open"):
        actions.shipments(write, {"fulfillmentOrders": {"nodes": [held, work(1, 41)]}})


def test_it_trusts_the_former_secret_as_well_and_no_other():
    body = b'{"id": 1}'
    headers = {"X-Shopify-Hmac-Sha256": events.signature(body, "former")}
    assert events.is_authentic(body, headers, {"client_secret": "new", "former": "former"})
    assert not events.is_authentic(body, headers, {"client_secret": "new"})
    assert not events.is_authentic(body, {}, {"client_secret": ""})
    assert not events.is_authentic(body + b" ", headers, {"former": "former"})


def test_it_gives_a_repeated_push_the_same_id_and_reads_nothing_from_another_body():
    body = b'{"id": 9, "admin_graphql_api_id": "gid://shopify/Order/9", "updated_at": "2026-03-02T09:00:00+01:00"}'
    first, again = events.read(body, {"X-Shopify-Shop-Domain": "a.example"}), events.read(body, {})
    assert first[0].event_id == again[0].event_id == "Order/9:changed:2026-03-02T08:00:00+00:00"
    assert (first[0].seller, first[0].order_id) == ("a.example", "9")
    assert events.read(b"<html>", {}) == events.read(b"{}", {}) == []


def test_it_subscribes_to_what_is_missing(client):
    assert client.ensure_subscription("https://south.example/hooks/x") == "created"
    assert client.ensure_subscription("https://south.example/hooks/x") == "kept"
