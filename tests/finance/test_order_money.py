"""The money of order lines: expected, settled, variance and state, as sets and as the plain rule."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from config.core import clock
from finance import money_states, order_money, sinks
from finance.models import OrderLineMoney, Settlement
from finance.money_states import Facts
from finance.selectors import variance
from finance.services import reconcile
from inventory import sinks as inventory_sinks
from inventory.models import OrderEvent, OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus, Return
from marketplaces.canonical import SettlementLine as Row
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG"}
CASES = 5_000


@pytest.fixture
def sold(sell):
    """Two mugs of 20.00 with 4.00 shipping, shipped a day after the statement began."""

    def land(**changes: Any) -> None:
        values = {"sku": "MUG", "quantity": 2, "quantity_shipped": 2, "unit_price": euro("20.00"),
                  "item_total": euro("40.00"), "shipping": euro("4.00"), **changes}  # fmt: skip
        at = START + timedelta(days=1)
        item = factories.order_line("LA", **values)
        sell(factories.order("O-A", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at, lines=(item,)))

    return land


@pytest.fixture
def settle(account):
    """Land one statement, reconcile, and give the money of the only order line."""

    def settled(*rows: Row, **head: Any) -> OrderLineMoney:
        source = factories.source(account, "settlements", at=START + timedelta(days=14))
        total = sum((row.amount.amount for row in rows), Decimal(0))
        sinks.settlements([header(**{"total": str(total), **head})], source)
        sinks.settlement_lines(rows, source)
        with clock.frozen(START + timedelta(days=20)):
            reconcile.reconcile_open()
        return OrderLineMoney.objects.get()

    return settled


def paid(principal: str = "40.00", **more: Any) -> list[Row]:
    return [line(1, C.PRINCIPAL, principal, **A, **more), line(2, C.SHIPPING, "4.00", **A),
            line(3, C.COMMISSION, "-6.00", **A)]  # fmt: skip


def test_it_expects_what_the_buyer_pays_until_it_is_settled(sold, settle):
    sold()
    money = settle(line(1, C.STORAGE, "-1"), period_end=START + timedelta(hours=1))
    assert (money.state, money.expected, money.settled, money.variance) == ("expected", Decimal("44.00"), 0, None)
    money = settle(line(1, C.STORAGE, "-1"), period_end=START + timedelta(days=2))
    with clock.frozen(START + timedelta(days=20)):
        order_money.rebuild([money.pk])
    assert OrderLineMoney.objects.get().state == "deferred"


def test_it_is_settled_to_the_cent_or_with_a_variance(sold, settle):
    sold()
    money = settle(*paid())
    assert (money.state, money.settled, money.variance, money.total) == ("settled", Decimal(44), 0, Decimal(38))
    money = settle(*paid("39.99"))
    assert (money.state, money.variance) == ("settled_with_variance", Decimal("-0.01"))


def test_it_is_partly_settled_while_a_unit_is_missing(sold, settle):
    sold()
    rows = [line(1, C.PRINCIPAL, "20.00", quantity=1, **A), line(2, C.SHIPPING, "2.00", quantity=1, **A)]
    money = settle(*rows)
    assert (money.state, money.expected, money.variance) == ("partly_settled", Decimal("44.00"), Decimal(0))


def test_an_order_that_is_paid_for_in_part_tells_so_once(sold, settle):
    sold()
    rows = [line(1, C.PRINCIPAL, "20.00", quantity=1, **A)]
    for _ in range(2):
        settle(*rows)
    told = OrderEvent.objects.filter(kind="partly_paid")
    assert told.values_list("order_ref", "facts").get() == (
        "O-A", {"part": "20.0000", "of": "44.0000", "currency": "EUR"},
    )  # fmt: skip


def test_it_waits_for_a_refund_and_sees_it(sold, settle, account):
    sold()
    back = Return(external_id="R", order_id="O-A", line_id="LA", quantity=1, returned_at=START)
    inventory_sinks.returns([back], factories.source(account))
    assert settle(*paid()).state == "refund_pending"
    money = settle(*paid(), line(4, C.REFUND_PRINCIPAL, "-20.00", **A))
    assert (money.state, money.refunded) == ("refunded", Decimal("-20.00"))


def test_it_is_charged_back_until_it_is_recovered(sold, settle):
    sold()
    assert settle(*paid(), line(4, C.CHARGEBACK, "-40.00", **A)).state == "charged_back"
    rows = [*paid(), line(4, C.CHARGEBACK, "-40.00", **A), line(5, C.REIMBURSEMENT, "40.00", **A)]
    assert settle(*rows).state == "recovered"


def test_it_is_locked_with_its_statement_and_keeps_what_it_was(sold, settle):
    sold()
    money = settle(*paid())
    Settlement.objects.update(state="locked")
    order_money.rebuild([money.pk])
    money.refresh_from_db()
    assert (money.state, money.basis) == ("locked", "settled")


def test_it_changes_nothing_when_rebuilt_from_nothing(sold, settle):
    sold()
    money = settle(*paid("39.00"))
    before = OrderLineMoney.objects.values().get()
    assert order_money.rebuild([money.pk]) == 0
    OrderLineMoney.objects.all().delete()
    reconcile.rebuild_order_money()
    assert {**OrderLineMoney.objects.values().get(), "rebuilt_at": None} == {**before, "rebuilt_at": None}


def test_it_follows_an_order_that_changes_without_a_statement(sold, account):
    sold(quantity_shipped=0)
    with clock.frozen(START + timedelta(days=2)):
        assert reconcile.rebuild_order_money() == 1
        assert reconcile.rebuild_order_money() == 0
        OrderLine.objects.update(quantity_cancelled=1, changed_at=START + timedelta(days=2))
        assert reconcile.rebuild_order_money() == 1
    assert OrderLineMoney.objects.get().expected == Decimal("24.00")


# The state in SQL and as the plain rule

COLUMNS = {
    "units_due": "int", "units_settled": "int", "has_sale": "bool", "variance": "numeric", "refunded": "numeric",
    "units_returned": "int", "charged_back": "numeric", "recovered": "numeric", "is_disputed": "bool", "is_won": "bool",
    "is_written_off": "bool", "is_covered": "bool", "is_locked": "bool",
}  # fmt: skip


def _random_facts(chance: random.Random) -> Facts:
    seldom = chance.random() < 0.1
    return Facts(
        units_due=chance.randint(1, 3), units_settled=chance.randint(0, 3), has_sale=chance.random() < 0.7,
        variance=chance.choice([None, Decimal(0), Decimal("0.009"), Decimal("-0.01"), Decimal(3)]),
        refunded=chance.choice([Decimal(0)] * 3 + [Decimal(-5)]), units_returned=chance.choice([0, 0, 1]),
        charged_back=chance.choice([Decimal(0)] * 3 + [Decimal(-7)]), recovered=chance.choice([Decimal(n) for n in (0, 6, 7)]),
        is_disputed=chance.random() < 0.05, is_won=chance.random() < 0.1, is_written_off=seldom,
        is_covered=chance.random() < 0.5, is_locked=chance.random() < 0.3,
    )  # fmt: skip


def test_it_tells_the_state_in_sql_as_the_plain_rule_does():
    facts = [_random_facts(random.Random(seed)) for seed in range(CASES)]  # noqa: S311 - examples, no secrets
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in COLUMNS.items())
    rows = f"FROM unnest({arrays}) WITH ORDINALITY AS f({', '.join(COLUMNS)}, place)"
    query = f"SELECT {money_states.STATE} FROM (SELECT *, {money_states.BASIS} AS basis {rows}) AS b ORDER BY place"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, {name: [getattr(fact, name) for fact in facts] for name in COLUMNS})
        found = [state for (state,) in cursor.fetchall()]
    assert found == [money_states.state(fact) for fact in facts]
    assert set(found) == {
        "expected", "deferred", "partly_settled", "settled", "settled_with_variance", "refund_pending", "refunded",
        "charged_back", "disputed", "recovered", "written_off", "locked",
    }  # fmt: skip


def test_it_tells_how_far_settled_is_from_expected(sold, settle):
    sold()
    settle(*paid("43.90"))
    with clock.frozen(START + timedelta(days=20)):
        told = variance.variances()[0]
    assert (told.size, told.signed, told.expected, told.outside) == (
        Decimal("3.90"),
        Decimal("3.90"),
        Decimal("44.00"),
        1,
    )
    assert (told.band, told.residual, told.oldest_open_on) == ("risk", Decimal(0), None)
