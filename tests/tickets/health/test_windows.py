"""Windows, what is left of a limit, and what a month of cancellations costs: golden values."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tickets.health.windows import Rule, affordable, elapsed, first_day, penalty, within

TIERS = ((Decimal("0.01"), Decimal("0.05")), (Decimal("0.03"), Decimal("0.10")))
MONDAY = date(2026, 9, 28)


def rule(**changes):
    return Rule(**{"limit": Decimal("0.025"), **changes})


def test_three_failures_are_left_of_400_expected_orders():
    assert affordable(Decimal("0.025"), 400, 7) == 3


def test_25_of_1000_orders_cancelled_at_40_each_cost_50():
    counts = {MONDAY + timedelta(days=n): (5 if n < 5 else 0, 100) for n in range(10)}
    share = within(rule(limit=Decimal("0.01"), window_days=10, tiers=TIERS), counts, MONDAY + timedelta(days=9))
    assert (share.ratio, share.failures, share.cases) == (Decimal("0.025"), 25, 1000)
    assert penalty(share.ratio, 25 * Decimal(40), TIERS) == Decimal("50.00")


@pytest.mark.parametrize(
    ("ratio", "owed"), [("0.0099", "0"), ("0.01", "50"), ("0.0299", "50"), ("0.03", "100"), ("0.5", "100")]
)
def test_the_rate_is_that_of_the_highest_tier_reached(ratio, owed):
    assert penalty(Decimal(ratio), Decimal(1000), TIERS) == Decimal(owed)


def test_a_penalty_is_nothing_where_no_order_was_placed():
    assert penalty(None, Decimal(0), TIERS) == 0


@pytest.mark.parametrize(
    ("window", "first", "part"),
    [("rolling", date(2026, 9, 24), "1"), ("week", MONDAY, "0.4286"), ("month", date(2026, 9, 1), "1")],
)
def test_a_window_begins_where_its_rule_says(window, first, part):
    wednesday = MONDAY + timedelta(days=2)
    asked = rule(window=window, window_days=7)
    assert (first_day(asked, wednesday), round(elapsed(asked, wednesday), 4)) == (first, Decimal(part))


def test_a_week_counts_only_from_three_late_items():
    week = rule(limit=Decimal("0.07"), window="week", least_failures=3)
    two, three = (within(week, {MONDAY: (late, 20)}, MONDAY) for late in (2, 3))
    assert (two.ratio, two.counts, two.used(week.limit)) == (Decimal("0.1"), False, 0)
    assert (three.counts, three.used(week.limit)) == (True, Decimal("2.1429"))


def test_a_part_of_a_month_expects_the_rest_to_go_on_alike():
    month = rule(limit=Decimal("0.01"), window="month")
    share = within(month, {date(2026, 9, 1): (1, 100)}, date(2026, 9, 15))
    assert (share.expected, share.left(month.limit)) == (200, 1)


def test_days_outside_of_the_window_do_not_count():
    counts = {MONDAY: (1, 10), MONDAY - timedelta(days=7): (9, 10), MONDAY + timedelta(days=1): (9, 10)}
    assert within(rule(window_days=7), counts, MONDAY).failures == 1
