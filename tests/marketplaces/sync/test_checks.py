from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from config.core.money import Money
from marketplaces.canonical import LineClass, Return, SettlementLine
from marketplaces.sync import checks
from tests import factories
from tests.factories import NOON

NAIVE = datetime(2026, 10, 2)  # noqa: DTZ001 - what the check is there to refuse
LINE = SettlementLine(
    external_id="S-1:1", settlement_id="S-1", row_no=1, line_class=LineClass.UNKNOWN, labels=("A", "B", ""),
    amount=Money(Decimal("1.00"), "EUR"), order_id="A-1", sku="MUG",
)  # fmt: skip
RETURN = Return(external_id="R-1", order_id="A-1", quantity=1, returned_at=NOON)


def order(**line):
    return factories.order(lines=(factories.order_line(**line),))


def test_it_takes_what_is_whole():
    assert [checks.refusal(row) for row in (order(), LINE, RETURN)] == [None, None, None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (replace(LINE, external_id=""), "SettlementLine without external_id"),
        (replace(LINE, external_id="x" * 201), "external_id of 201 characters"),
        (replace(LINE, posted_at=NAIVE), "posted_at has no time zone"),
        (replace(RETURN, returned_at=NAIVE), "returned_at has no time zone"),
        (replace(RETURN, quantity=0), "a return of 0 units"),
        (replace(RETURN, order_id=""), "a return without order_id"),
        (order(quantity_shipped=2, quantity_cancelled=1), "shipped plus cancelled is more than the 2 ordered"),
        (order(quantity=-1), "a quantity is negative"),
        (order(shipping=Money(Decimal("1"), "USD")), "more than one currency in one order: EUR, USD"),
        (factories.order(lines=(factories.order_line(), factories.order_line())), "two lines share one external_id"),
    ],
)
def test_it_refuses_what_cannot_be_right_and_says_why(row, reason):
    found = checks.refusal(row)
    assert found is not None
    assert found.reason.startswith(reason) or reason in found.reason
    assert found.raw["type"] == type(row).__name__


def test_it_names_a_word_that_nobody_knows():
    assert checks.unknown_value(LINE) == "SettlementLine.labels:A/B/"
    assert checks.unknown_value(replace(LINE, line_class=LineClass.PRINCIPAL)) == ""


def test_it_tells_what_a_row_speaks_of():
    assert sorted(checks.subjects(LINE)) == ["order:A-1", "sku:MUG"]
