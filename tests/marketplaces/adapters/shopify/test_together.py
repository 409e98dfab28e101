"""Many variants in one call: all units or none, prices product by product, and a refused row that keeps no other one."""

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.shopify import queries, together
from marketplaces.adapters.shopify.sandbox.graphql import parse
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.shopify.test_writes import sent, sold_meanwhile

ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


def wishes(kind: CommandKind, listings, **payload) -> list[Outbound]:
    return [
        Outbound(kind=kind, key=f"write-{each.serial}", external_id=str(each.serial), payload=payload)
        for each in listings
    ]


def unknown(kind: CommandKind, **payload) -> Outbound:
    return Outbound(kind=kind, key="write-unknown", external_id="1", payload=payload)


def states(outcomes) -> list[OutcomeState]:
    return [each.state for each in outcomes]


def test_it_sets_many_quantities_in_one_call_under_one_key(client, view, exchanges):
    told = wishes(CommandKind.SET_STOCK, view.listings()[:45], quantity=17)
    assert states(client.send_together(told)) == [ACCEPTED] * 45
    (call,) = sent(exchanges, "SetStock")
    assert len(call["input"]["quantities"]) == 45
    assert [len(read["ids"]) for read in sent(exchanges, "Variants")] == [20, 20, 5]
    assert client.read_back(told[44], "").state is OutcomeState.CONFIRMED
    assert states(client.send_together(told)) == [ACCEPTED] * 45
    first, again = sent(exchanges, "SetStock")
    assert first["key"] != again["key"]


def test_a_row_that_is_refused_is_left_out_and_the_others_are_set(client, view, exchanges, monkeypatch):
    listings = view.listings()[:4]
    told = wishes(CommandKind.SET_STOCK, listings, quantity=17)
    spoilt = told[2]
    row = together.actions.stock_row
    elsewhere = {"locationId": "gid://shopify/Location/99"}
    monkeypatch.setattr(
        together.actions, "stock_row", lambda c, v, location: row(c, v, location) | (elsewhere if c is spoilt else {})
    )
    outcomes = client.send_together([*told, unknown(CommandKind.SET_STOCK, quantity=1)])
    assert states(outcomes) == [ACCEPTED, ACCEPTED, REJECTED, ACCEPTED, REJECTED]
    assert "ITEM_NOT_STOCKED_AT_LOCATION" in outcomes[2].reason
    assert [len(call["input"]["quantities"]) for call in sent(exchanges, "SetStock")] == [4, 3]
    confirmed = OutcomeState.CONFIRMED
    assert states(client.read_back(each, "") for each in told) == [
        confirmed,
        confirmed,
        OutcomeState.UNKNOWN,
        confirmed,
    ]


def test_units_that_changed_in_between_are_read_again_with_all_that_wait_for_them(client, view, exchanges, monkeypatch):
    listings = view.listings()[:3]
    sold_meanwhile(monkeypatch, view, listings[1])
    assert states(client.send_together(wishes(CommandKind.SET_STOCK, listings, quantity=3))) == [ACCEPTED] * 3
    first, second = ([r["changeFromQuantity"] for r in c["input"]["quantities"]] for c in sent(exchanges, "SetStock"))
    before = [each.quantity for each in listings]
    assert (first, second) == (before, [before[0], before[1] + 5, before[2]])


def test_a_refusal_that_names_no_row_is_one_of_the_whole_call(client, view, monkeypatch):
    monkeypatch.setattr(
        together.actions, "stock", lambda rows: {"input": {"quantities": list(rows.values())}, "key": ""}
    )
    with pytest.raises(Rejected, match="IDEMPOTENCY_KEY_REQUIRED"):
        client.send_together(wishes(CommandKind.SET_STOCK, view.listings()[:2], quantity=1))
    assert client.send(wishes(CommandKind.SET_STOCK, view.listings()[:1], quantity=1)[0]).state is REJECTED


def test_it_writes_prices_of_many_products_in_one_call_and_refuses_one_alone(client, view, exchanges):
    listings = view.listings()[:30]
    told = wishes(CommandKind.SET_PRICE, listings, price="12.30", currency="EUR")
    told[3:3] = [unknown(CommandKind.SET_PRICE, price="1.00")]
    outcomes = client.send_together(told)
    assert [place for place, each in enumerate(outcomes) if each.state is not ACCEPTED] == [3]
    (call,) = sent(exchanges, "SetPrices")
    assert sum(name.startswith("v") for name in call) == 30
    assert {client.read_back(told[place], "").state for place in (0, 4, 30)} == {OutcomeState.CONFIRMED}


def test_variants_of_one_product_share_its_mutation_and_a_refused_one_keeps_no_other():
    refused = {"field": ["variants", "1", "price"], "message": "is not a number", "code": "INVALID_INPUT"}
    data = {"m0": {"productVariants": [], "userErrors": [refused]}}
    told = together._prices_told(data, "m0", ["a", "b", "c"])
    assert [told[key].state for key in "abc"] == [ACCEPTED, REJECTED, ACCEPTED]
    assert together._prices_told({}, "m0", ["a"])["a"].state is OutcomeState.UNKNOWN


def test_fifty_products_cost_less_than_a_call_may():
    assert parse(queries.set_prices(50).text, {}).cost() == 650


def test_it_reads_many_back_twenty_at_a_time_and_each_of_them_once(client, view, exchanges):
    told = wishes(CommandKind.SET_PRICE, view.listings()[:30], price="12.30", currency="EUR")
    client.send_together(told)
    asked = len(exchanges)
    client.look_ahead([*told, unknown(CommandKind.SET_PRICE, price="1.00")])
    assert set(states(client.read_back(each, "") for each in told)) == {OutcomeState.CONFIRMED}
    assert len(exchanges) == asked + 2
    assert client.read_back(told[0], "").state is OutcomeState.CONFIRMED
    assert len(exchanges) == asked + 3
