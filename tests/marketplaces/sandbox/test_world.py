from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.money import Money
from marketplaces.canonical import LineClass, OrderStatus
from marketplaces.sandbox import orders, statements, truth
from tests.marketplaces.sandbox.conftest import ACCOUNTS, TODAY, build

KEYS = [account.key for account in ACCOUNTS]
BENT = {"missing_line"}


def shown_total(statement):
    return statements.document_total(statement.lines, statement.currency)


def test_it_tells_the_same_story_when_it_is_asked_again(world):
    early = TODAY - timedelta(days=60)
    assert truth.summary(build(), early) == truth.summary(world, early)


def test_it_tells_another_story_when_seed_or_client_differ(world):
    first = [story.placed_at for story in world.stories("wide", 3)]
    assert [story.placed_at for story in build(seed=12).stories("wide", 3)] != first
    assert [story.placed_at for story in build(client="south").stories("wide", 3)] != first


def test_it_tells_a_day_the_same_when_days_are_asked_in_another_order(world):
    late, early = build().stories("lira", 80), build().stories("lira", 2)
    assert (early, late) == (world.stories("lira", 2), world.stories("lira", 80))


def test_it_has_no_order_when_the_day_lies_before_the_origin(world):
    assert world.stories("wide", -1) == []


def test_it_gives_every_order_and_line_a_serial_of_its_own(world):
    told = [story for key in KEYS for story in world.stories_of_days(key, 0, 89)]
    serials = Counter(story.serial for story in told) + Counter(line.serial for s in told for line in s.lines)
    assert max(serials.values()) == 1
    assert all(orders.day_of(story.serial) == (story.placed_at - TODAY).days + 90 for story in told)


def test_it_brings_about_as_many_orders_as_the_account_declares(world):
    count = sum(1 for _ in world.stories_of_days("wide", 0, 89))
    assert 90 * 20 * 0.9 < count < 90 * 20 * 1.2


def test_it_never_puts_one_product_on_two_lines_of_an_order(world):
    for story in world.stories_of_days("wide", 0, 89):
        assert len({line.product.serial for line in story.lines}) == len(story.lines)


@given(st.integers(0, 3000), st.timedeltas(timedelta(0), timedelta(days=20)))
def test_it_keeps_units_in_balance_at_every_moment(place, later):
    story = STORIES[place % len(STORIES)]
    order = orders.as_of(story, story.placed_at + later)
    for line in order.lines:
        assert 0 <= line.shipped + line.cancelled <= line.quantity
    is_closed = order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED)
    assert is_closed == all(line.shipped + line.cancelled == line.quantity for line in order.lines)
    assert story.placed_at <= order.updated_at <= story.placed_at + later


STORIES = list(build().stories_of_days("wide", 10, 40))


def test_it_ships_every_order_in_time_when_no_trouble_says_otherwise(world):
    for key in KEYS:
        for story in world.stories_of_days(key, 0, 84):
            assert story.shipped_at is None or story.shipped_at < story.ship_by
            assert all(line.shipped_at or line.cancelled == line.quantity for line in story.lines)


@pytest.mark.parametrize("key", KEYS)
def test_it_ties_out_to_the_cent_when_no_line_is_missing(world, key):
    for period in world.periods(key, TODAY):
        statement = world.statement(key, period)
        kind = world.plan.statements.get((key, statement.serial))
        residual = statement.total - shown_total(statement)
        assert bool(residual) == (kind in BENT), (statement.serial, residual)
        assert statement.total == statement.total.rounded()


def test_it_settles_in_five_currencies(world):
    found = {world.statement(key, period).currency for key in KEYS for period in world.periods(key, TODAY)}
    assert found == {"EUR", "TRY", "AED", "USD", "AUD"}


@pytest.mark.parametrize("key", KEYS)
def test_it_leaves_no_gap_and_no_overlap_between_statements(world, key):
    periods = world.periods(key, TODAY)
    assert periods[0].first_day == 0
    assert all(before.end_day == after.first_day for before, after in pairwise(periods))


def test_it_releases_in_each_statement_what_the_one_before_held_back(world):
    rows = [world.due("wide", period) for period in world.periods("wide", TODAY)]
    for before, after in pairwise(rows):
        held = [row.amount for row in before if row.line_class == LineClass.RESERVE_IN]
        released = [row.amount for row in after if row.line_class == LineClass.RESERVE_OUT]
        assert held[0].amount < 0
        assert held[0] + released[0] == Money(Decimal(0), "EUR")


def test_it_leaves_out_the_lines_that_a_marketplace_does_not_know(world):
    classes = {row.line_class for period in world.periods("plain", TODAY) for row in world.due("plain", period)}
    assert not classes & {LineClass.RESERVE_IN, LineClass.RESERVE_OUT, LineClass.ADMINISTRATION_FEE}
    assert {LineClass.PRINCIPAL, LineClass.COMMISSION, LineClass.ADVERTISING, LineClass.FEE_REVERSAL} <= classes


def test_it_settles_each_shipped_line_once_and_to_the_cent(world):
    period = world.periods("lira", TODAY)[1]
    paid = Counter()
    for row in world.earned("lira", period):
        if row.line_class == LineClass.PRINCIPAL:
            line = next(x for x in world.story("lira", row.order_serial).lines if x.serial == row.line_serial)
            paid[row.line_serial] += 1
            gross = line.unit_price * (line.quantity - line.cancelled)
            assert row.amount == Money(gross.amount / Decimal("1.20"), "TRY").rounded()
            assert row.amount + row.vat == gross
    assert set(paid.values()) == {1}
