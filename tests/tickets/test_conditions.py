"""The pure half: comparisons, ladders, hysteresis."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.rules.conditions import Condition, Step, Verdict, judge, severity
from tickets.rules.hysteresis import Patience, Standing, advance

AT = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)
TENTH = Decimal("0.1")
numbers = st.decimals(min_value=-1000, max_value=1000, places=2)
comparisons = st.sampled_from(["at_least", "above", "at_most", "below"])
verdicts = st.sampled_from([v for v in Verdict if v is not Verdict.ENDED])


def verdict(comparison, line, value, *, clears_when=(), **facts):
    found = {"value": None if value is None else Decimal(value)} | {k: Decimal(v) for k, v in facts.items()}
    return judge(Condition("value", comparison, Decimal(line)), found, margin=TENTH, clears_when=clears_when)


@pytest.mark.parametrize(
    ("comparison", "line", "value", "expected"),
    [
        ("at_most", "60", "60", Verdict.HOLDS),
        ("at_most", "60", "65.99", Verdict.BETWEEN),
        ("at_most", "60", "66", Verdict.BETTER),
        ("at_least", "3", "3", Verdict.HOLDS),
        ("at_least", "3", "2.71", Verdict.BETWEEN),
        ("at_least", "3", "2.7", Verdict.BETTER),
        ("above", "1", "1", Verdict.BETWEEN),
        ("above", "1", "0.9", Verdict.BETTER),
        ("below", "25", "25", Verdict.BETWEEN),
        ("below", "25", "27.5", Verdict.BETTER),
        ("at_most", "0", "0", Verdict.HOLDS),
        ("at_most", "0", "0.01", Verdict.BETTER),
    ],
)
def test_it_is_better_only_a_tenth_beyond_the_line(comparison, line, value, expected):
    assert verdict(comparison, line, value) is expected


def test_it_says_nothing_about_a_value_that_is_not_known():
    assert verdict("at_least", "1", None) is Verdict.NOT_MEASURED


def test_it_is_not_better_while_a_further_condition_for_clearing_is_unmet():
    three_good_runs = (Condition("ok_runs", "at_least", Decimal(3)),)
    assert verdict("at_least", "3", "0", clears_when=three_good_runs, ok_runs=2) is Verdict.BETWEEN
    assert verdict("at_least", "3", "0", clears_when=three_good_runs, ok_runs=3) is Verdict.BETTER


def test_it_refuses_a_comparison_that_is_not_in_the_table():
    with pytest.raises(ValueError, match="'nearly' is no comparison; known: at_least, above, at_most, below"):
        Condition("value", "nearly", Decimal(1))


def test_it_takes_the_worst_step_that_holds_whatever_the_order_of_the_ladder():
    ladder = [
        Step("S3", (Condition("value", "at_most", Decimal(8)),)),
        Step("S1", (Condition("value", "at_most", Decimal(0)),)),
    ]
    assert [severity(ladder, {"value": Decimal(v)}, "S4") for v in (-1, 0, 1, 8, 9)] == ["S1", "S1", "S3", "S3", "S4"]


@given(comparisons, numbers, numbers, st.decimals(min_value=0, max_value=1, places=2))
def test_it_never_says_bad_and_better_of_one_value(comparison, line, value, margin):
    condition = Condition("value", comparison, line)
    facts = {"value": value}
    assert not (condition.holds(facts) and condition.is_better(facts, margin))


@given(comparisons, numbers, numbers, st.decimals(min_value=0, max_value=1, places=2))
def test_it_stays_better_with_a_smaller_margin(comparison, line, value, margin):
    condition = Condition("value", comparison, line)
    if condition.is_better({"value": value}, margin):
        assert condition.is_better({"value": value}, margin / 2)


def run(*steps, patience=None):
    """Standings after verdicts given as (minutes after noon, verdict)."""
    standing, seen = Standing(), []
    for minutes, each in steps:
        standing = advance(standing, each, AT + timedelta(minutes=minutes), patience or Patience())
        seen.append(standing.is_open)
    return seen


def test_it_opens_after_two_evaluations_and_clears_after_two_better_ones():
    held, better = Verdict.HOLDS, Verdict.BETTER
    assert run((0, held), (15, held), (30, better), (45, better)) == [False, True, True, False]


def test_it_counts_evaluations_closer_than_the_spacing_as_one():
    assert run((0, Verdict.HOLDS), (1, Verdict.HOLDS), (14, Verdict.HOLDS), (15, Verdict.HOLDS)) == [
        False,
        False,
        False,
        True,
    ]


def test_it_opens_at_the_first_evaluation_where_the_type_is_real_time():
    assert run((0, Verdict.HOLDS), patience=Patience(opens_after=1)) == [True]


def test_it_starts_again_when_a_good_evaluation_lies_between_two_bad_ones():
    assert run((0, Verdict.HOLDS), (15, Verdict.BETWEEN), (30, Verdict.HOLDS)) == [False, False, False]


def test_it_stays_open_between_the_two_lines():
    held, between, better = Verdict.HOLDS, Verdict.BETWEEN, Verdict.BETTER
    steps = [(0, held), (15, held), (30, better), (45, between), (60, better)]
    assert run(*steps) == [False, True, True, True, True]


def test_it_clears_at_once_when_nothing_is_left_of_the_subject():
    assert run((0, Verdict.HOLDS), (15, Verdict.HOLDS), (16, Verdict.ENDED)) == [False, True, False]


@given(st.lists(st.tuples(st.integers(0, 40), verdicts), max_size=12))
def test_it_needs_as_many_bad_evaluations_in_a_row_as_its_patience_says(steps):
    patience, standing, at, streak = Patience(), Standing(), AT, 0
    for minutes, each in steps:
        at += timedelta(minutes=minutes)
        before, standing = standing, advance(standing, each, at, patience)
        streak = streak + 1 if each is Verdict.HOLDS else streak if each is Verdict.NOT_MEASURED else 0
        if standing.is_open and not before.is_open:
            assert streak >= patience.opens_after
        if each is Verdict.NOT_MEASURED:
            assert standing == before
