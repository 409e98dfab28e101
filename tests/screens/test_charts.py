"""Charts and sums as pure values."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from config.core.templatetags.charts import Series, bars, nice, steps
from config.screens import totals

DAYS = [date(2026, 10, 1), date(2026, 10, 2)]


@pytest.mark.parametrize(
    ("value", "top"), [("0", "4"), ("3.2", "4"), ("4.1", "6"), ("99", "100"), ("100", "100"), ("13100", "16000")]
)
def test_it_ends_an_axis_on_a_number_whose_quarters_read_well(value, top):
    assert nice(Decimal(value)) == Decimal(top)


def test_it_draws_a_bar_as_high_as_its_share_of_the_axis():
    drawn = bars(DAYS, [Series("DE", {DAYS[0]: Decimal(4)}), Series("FR", {DAYS[0]: Decimal(2)})], "units")
    assert [part["height"] for part in drawn["columns"][0]["parts"]] == ["66.67", "33.33"]
    assert drawn["ticks"] == ["6", "4.5", "3", "1.5", "0"]
    assert drawn["columns"][1]["parts"] == []


def test_it_marks_a_day_that_is_not_known_instead_of_drawing_zero():
    drawn = bars(DAYS, [Series("revenue", {DAYS[0]: None, DAYS[1]: Decimal(1)})], "EUR")
    assert [column["unknown"] for column in drawn["columns"]] == [["revenue"], []]


def test_it_holds_a_price_until_the_next_one():
    start, middle, end = (datetime(2026, 10, day, tzinfo=UTC) for day in (1, 2, 3))
    drawn = steps([(start, Decimal(10)), (middle, Decimal(12))], end, "EUR")
    assert [point.split(",")[0] for point in drawn["path"].split()] == ["0.00", "50.00", "50.00", "100.00"]
    assert drawn["now"] == "12"


def test_it_sums_a_currency_apart_and_leaves_out_what_has_none():
    days = {(DAYS[0], "EUR"): Decimal(1), (DAYS[1], "EUR"): Decimal(2), (DAYS[1], ""): Decimal(0)}
    assert totals.by_currency(days) == {"EUR": Decimal(3)}
    assert totals.between(days, DAYS[1], DAYS[1]) == {(DAYS[1], "EUR"): Decimal(2), (DAYS[1], ""): Decimal(0)}
