"""Money: exact, in one currency, split without losing a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.money import (
    CurrencyMismatch,
    LossyAmount,
    Money,
    decimal,
    minor_unit,
    quantise,
    rounding,
    split,
    total,
)


def eur(amount):
    return Money(Decimal(amount), "EUR")


def test_it_adds_subtracts_and_multiplies_exactly():
    assert eur("0.1") + eur("0.2") == eur("0.3")
    assert eur("1") - eur("1.01") == eur("-0.01")
    assert eur("19.99") * 3 == eur("59.97")
    assert abs(-eur("5")) == eur("5")


def test_it_refuses_two_currencies_in_one_sum():
    with pytest.raises(CurrencyMismatch, match=r"cannot combine 1\.00 EUR with 1\.00 USD"):
        eur("1") + Money(Decimal(1), "USD")


@pytest.mark.parametrize("value", [0.1, "NaN", "Infinity", "1,5", "", "1E+31", "1E+999999", "1E-999999"])
def test_it_refuses_what_is_not_an_exact_number_of_sensible_size(value):
    with pytest.raises(LossyAmount):
        decimal(value)


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "E1R"])
def test_it_refuses_what_is_not_a_currency(currency):
    with pytest.raises(ValueError, match="not an ISO 4217"):
        Money(Decimal(1), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("1.004", "EUR", "1.00"),
        ("10.5", "JPY", "11"),
        ("1.2345", "KWD", "1.235"),
    ],
)
def test_it_rounds_half_up_to_what_can_be_paid(amount, currency, rounded):
    assert str(quantise(Decimal(amount), currency)) == rounded


def test_it_sums_nothing_to_zero_of_the_currency():
    assert total([], "EUR") == eur("0")
    assert total([eur("1.10"), eur("2.20")], "EUR") == eur("3.30")


def test_it_gives_the_odd_cents_to_the_largest_remainders():
    assert split(eur("10.00"), [Decimal(1)] * 3) == [eur("3.34"), eur("3.33"), eur("3.33")]
    assert split(eur("-10.00"), [Decimal(1), Decimal(2)]) == [eur("-3.33"), eur("-6.67")]
    assert split(eur("0.01"), [Decimal(0), Decimal(0)]) == [eur("0.01"), eur("0.00")]


def test_it_refuses_to_split_what_is_finer_than_a_cent_or_over_nothing():
    with pytest.raises(LossyAmount):
        split(eur("0.001"), [Decimal(1)])
    with pytest.raises(ValueError, match="nothing to split"):
        split(eur("1"), [])


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=12),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_the_parts_of_a_split_make_up_the_whole(units, weights, currency):
    whole = Money(units * minor_unit(currency), currency)
    parts = split(whole, weights)
    assert total(parts, currency) == whole
    assert all(part.amount * whole.amount >= 0 for part in parts)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_no_part_is_a_cent_or_more_from_its_exact_share(cents, weights):
    parts = split(Money(Decimal(cents) / 100, "EUR"), [Decimal(weight) for weight in weights])
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount * 100 * sum(weights) - cents * weight) < sum(weights)


@given(st.lists(st.decimals("-10000", "10000", places=6), max_size=30))
def test_it_makes_rounded_parts_add_up_to_the_rounded_whole_by_one_line(amounts):
    parts = [Money(amount, "EUR") for amount in amounts]
    whole = total(parts, "EUR")
    line = rounding(parts, whole)
    assert total([part.rounded() for part in parts] + [line], "EUR") == whole.rounded()
    assert abs(line.amount) <= Decimal("0.005") * (len(parts) + 1)


def test_it_rounds_nothing_away_where_the_parts_are_payable():
    assert not rounding([eur("9.98"), eur("9.97")], eur("19.95"))
    assert rounding([eur("9.975"), eur("9.975")], eur("19.95")) == eur("-0.01")
