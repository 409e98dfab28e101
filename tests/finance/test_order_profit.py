"""One table per order: expected, settled and variance beside each step, and margins that the shown steps add up to."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal

import pytest

from config.core.money import Money
from finance import profit
from finance.fx import store
from finance.models import ExpectedFee, FeeRule, LineProfit
from finance.selectors import order_profit
from inventory.models import Order, OrderLine
from marketplaces.canonical import LineClass
from tests import factories
from tests.finance.profit_world import DAYS, FIRST, RATES, World

pytestmark = pytest.mark.django_db


def lines_of(order: Order) -> list[order_profit.Line]:
    return order_profit.of_order(order_id=order.pk, account=order.account_id, order_ref=order.external_id)


@pytest.fixture
def world(north):
    store.add(RATES)
    found = World(random.Random(5), factories.account())  # noqa: S311 - a world that can be made again
    found.fill(40)
    profit.rebuild(found.account.pk, DAYS)
    return found


def test_it_adds_the_steps_it_shows_up_to_each_margin(world):
    compared: Counter[str] = Counter()
    for order in Order.objects.all():
        for line in lines_of(order):
            together: Decimal | None = Decimal(0)
            for row in line.rows:
                if row.kind == "margin":
                    margin = getattr(line.earned, row.name)
                    assert row.counts == (None if margin is None else Money(margin, line.earned.currency))
                    if together is not None and row.counts is not None:
                        assert row.counts.rounded().amount == together
                        compared[row.name] += 1
                elif row.kind != "fee":
                    together = (
                        None if together is None or row.counts is None else together + row.counts.rounded().amount
                    )
    assert compared["cm2"] > 10
    assert compared["net_revenue"] > compared["cm3"]


def test_it_shows_every_line_of_which_a_fee_is_known_before_profit_is(world):
    LineProfit.objects.all().delete()
    shown = {(line.name, row.name) for order in Order.objects.all() for line in lines_of(order) for row in line.rows}
    expected = set(ExpectedFee.objects.values_list("order_line__external_id", "line_class"))
    assert expected <= shown


def test_it_tells_expected_settled_variance_and_rule_of_a_fee(world):
    order = Order.objects.create(
        account=world.account, external_id="O-X", status="shipped", ordered_at=factories.NOON, business_on=FIRST,
        changed_at=factories.NOON, currency="EUR", fulfilment="merchant",
    )  # fmt: skip
    item = OrderLine.objects.create(
        order=order, account=world.account, order_ref="O-X", external_id="L1", remote_id="R1", quantity=1,
        currency="EUR", item_total=Decimal("40.00"), changed_at=factories.NOON,
    )  # fmt: skip
    rule = FeeRule.objects.create(
        account=world.account, line_class="commission", valid_from=FIRST, basis="item", rate="0.15", source="letter"
    )
    ExpectedFee.objects.create(
        order_line=item, line_class="commission", amount=Decimal("-6.00"), currency="EUR", tolerance="0.12", rule=rule
    )
    world.book(LineClass.COMMISSION, Decimal("-6.50"), "EUR", order_line=item)
    world.book(LineClass.FEE_REVERSAL, Decimal("1.00"), "EUR", order_line=item)
    world.store()
    profit.rebuild(world.account.pk, [FIRST])
    (line,) = lines_of(order)
    rows = {row.name: row for row in line.rows}
    fee = rows["commission"]
    assert (fee.expected, fee.settled, fee.variance) == (euro("-6.00"), euro("-6.50"), euro("-0.50"))
    assert (fee.fee.is_within, fee.fee.rule_id) == (False, rule.pk)
    assert "15% of goods less discounts" in fee.fee.says
    assert rows["fee_reversal"].settled == euro("1.00")
    assert rows["fee_reversal"].fee.why == "given back with the refund"
    names = [row.name for row in line.rows]
    assert names.index("fees") < names.index("commission") < names.index("cm2")


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")
