"""A line of an order is cancelled as a whole, with a reason."""

from __future__ import annotations

import pytest

from config.core.errors import Rejected
from marketplaces.adapters.bol import actions, cancelling
from marketplaces.contract import CommandKind, Outbound, OutcomeState

ORDER = {"orderId": "1", "orderItems": [
    {"orderItemId": "7", "quantity": 3, "quantityShipped": 1, "quantityCancelled": 0},
    {"orderItemId": "8", "quantity": 1, "quantityShipped": 0, "quantityCancelled": 0},
]}  # fmt: skip


def wish(reason="out_of_stock", **units) -> Outbound:
    payload = {"units": units, "cancelled_in_all": units, "reason": reason}
    return Outbound(kind=CommandKind.CANCEL_UNITS, key="k", external_id="1", payload=payload)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("out_of_stock", "OUT_OF_STOCK"), ("buyer_asked", "REQUESTED_BY_CUSTOMER"), ("wrong_price", "INCORRECT_PRICE"),
        ("other", "OTHER"),
    ],
)  # fmt: skip
def test_what_is_left_of_a_line_is_cancelled_with_a_reason(reason, code):
    assert cancelling.body(wish(reason, **{"7": 2}), ORDER) == {
        "orderItems": [{"orderItemId": "7", "reasonCode": code}]
    }


@pytest.mark.parametrize(
    ("units", "why"),
    [({"7": 1}, "only all of its 2 open units can be cancelled, not 1"), ({"9": 1}, "order 1 has no line 9")],
)
def test_a_part_of_a_line_is_refused_for_the_call_knows_no_quantity(units, why):
    with pytest.raises(Rejected, match=why):
        cancelling.body(wish(**units), ORDER)


def test_it_counts_when_the_order_shows_so_many_units_as_cancelled():
    shown = {"orderItems": [{**ORDER["orderItems"][0], "quantityCancelled": 2}]}
    assert actions.entity_outcome(wish(**{"7": 2}), shown, "").state is OutcomeState.CONFIRMED
    assert actions.entity_outcome(wish(**{"7": 2}), ORDER, "").state is OutcomeState.UNKNOWN
