"""Many variations in one call: rows refused alone, calls that are too large, and tasks that failed for some."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.otto import together
from marketplaces.contract import CommandKind, Outbound, OutcomeState
from tests.marketplaces.adapters.otto.simulated import NOW

QUANTITIES, PRICES, STATES = "/v1/availability/quantities", "/v5/products/prices", "/v5/products/active-status"
ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN


def command(kind: CommandKind, sku: str, **payload: object) -> Outbound:
    return Outbound(kind=kind, key=f"write-{sku}", external_id=sku, payload=payload)


def skus(otto, count: int) -> list[str]:
    return [listing.product.sku for listing in otto.view.listings()[:count]]


def quantities(found: list[str]) -> Iterator[Outbound]:
    return (command(CommandKind.SET_STOCK, sku, quantity=place) for place, sku in enumerate(found))


def test_it_writes_many_quantities_in_one_call_and_each_shows(otto, client):
    wishes = list(quantities(skus(otto, 40)))
    assert [each.state for each in client.send_together(wishes)] == [ACCEPTED] * 40
    (call,) = otto.calls(QUANTITIES, "POST")
    assert json.loads(call.body) == [{"sku": each.external_id, "quantity": each.payload["quantity"]} for each in wishes]
    assert client.read_back(wishes[39], "").state is OutcomeState.CONFIRMED


def test_one_row_that_is_refused_with_207_refuses_its_write_alone(otto, client):
    found = skus(otto, 40)
    found[17] = "NOBODY-KNOWS"
    told = client.send_together(list(quantities(found)))
    assert [place for place, each in enumerate(told) if each.state is REJECTED] == [17]
    assert "NOBODY-KNOWS: unknown SKU" in told[17].reason
    assert {each.state for place, each in enumerate(told) if place != 17} == {ACCEPTED}


def test_what_cannot_be_said_is_left_out_of_the_call(otto, client):
    found = skus(otto, 3)
    wishes = [*quantities(found[:2]), command(CommandKind.SET_STOCK, found[2], quantity=-1)]
    assert [each.state for each in client.send_together(wishes)] == [ACCEPTED, ACCEPTED, REJECTED]
    assert [row["sku"] for row in json.loads(otto.calls(QUANTITIES, "POST")[0].body)] == found[:2]


def test_a_call_with_too_many_rows_is_refused_as_a_whole(otto, client):
    with pytest.raises(Rejected, match="413"):
        client.send_together(list(quantities([f"SKU-{place}" for place in range(201)])))


def test_it_writes_many_prices_as_one_task_and_refuses_those_that_the_task_names(otto, client):
    found = skus(otto, 30)
    found[4] = "NOBODY-KNOWS"
    wishes = [command(CommandKind.SET_PRICE, sku, price="12.30", currency="EUR") for sku in found]
    told = client.send_together(wishes)
    assert {(each.state, each.remote_ref) for each in told} == {(ACCEPTED, "task-1")}
    assert len(otto.calls(PRICES, "POST")) == 1
    pages = len(otto.calls("/v5/products"))
    assert pages == -(-len(otto.view.listings()) // 100)
    otto.at = NOW + timedelta(minutes=1)
    states = [client.read_back(wish, "task-1").state for wish in wishes[:6]]
    assert states == [OutcomeState.CONFIRMED] * 4 + [REJECTED, OutcomeState.CONFIRMED]


def test_it_switches_many_variations_in_one_call(otto, client):
    wishes = [command(CommandKind.SET_HOLD, sku, on_hold="yes") for sku in skus(otto, 5)]
    assert [each.state for each in client.send_together(wishes)] == [ACCEPTED] * 5
    assert len(otto.calls(STATES, "POST")) == 1
    otto.at = NOW + timedelta(minutes=1)
    assert client.read_back(wishes[4], "task-1").state is OutcomeState.CONFIRMED


def test_an_error_that_names_nobody_leaves_in_doubt_what_is_not_among_the_results():
    answer = {"results": [{"sku": "A"}], "errors": [{"code": 400, "detail": "a quantity is wrong"}]}
    assert [each.state for each in together.outcomes(["A", "B"], answer)] == [ACCEPTED, UNKNOWN]
    assert [each.state for each in together.outcomes(["B"], answer)] == [REJECTED]


def test_it_takes_no_sku_for_a_longer_one_that_begins_with_it():
    answer = {"errors": [{"code": 400, "detail": "sku LAMP-2 is unknown."}]}
    told = together.outcomes(["LAMP", "LAMP-2", "AMP"], answer)
    assert [each.state for each in told] == [ACCEPTED, REJECTED, ACCEPTED]
    results = [{"variation": "LAMP-2", "errors": [{"title": "no"}]}, {"errors": [{"title": "LAMP-3: no"}]}]
    told = {sku: together.failure(sku, {"total": 3, "results": results}, "t") for sku in ("LAMP", "LAMP-2", "LAMP-3")}
    assert [sku for sku, each in told.items() if each] == ["LAMP-2", "LAMP-3"]


def test_it_reads_many_quantities_back_from_the_list_and_each_of_them_once(otto, client):
    wishes = list(quantities(skus(otto, 40)))
    client.send_together(wishes)
    client.look_ahead(wishes)
    lists = -(-len(otto.view.listings()) // 200)
    assert len(otto.calls(QUANTITIES)) == lists
    assert {client.read_back(each, "").state for each in wishes} == {OutcomeState.CONFIRMED}
    assert len(otto.seen) == 1 + 1 + lists
    assert client.read_back(wishes[0], "").state is OutcomeState.CONFIRMED
    assert otto.seen[-1].path == f"{QUANTITIES}/{wishes[0].external_id}"


def test_it_asks_for_a_task_that_is_done_once_for_all_its_prices(otto, client):
    wishes = [command(CommandKind.SET_PRICE, sku, price="12.30", currency="EUR") for sku in skus(otto, 30)]
    client.send_together(wishes)
    otto.at = NOW + timedelta(minutes=1)
    client.look_ahead(wishes)
    assert {client.read_back(each, "task-1").state for each in wishes} == {OutcomeState.CONFIRMED}
    assert len(otto.calls("/v5/products/update-tasks/task-1")) == 1
