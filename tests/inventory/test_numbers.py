"""Tracking numbers are held to their carrier's pattern and check digit; placeholders to nothing at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.carriers import numbers


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("DHL", "00340434161094022115"), ("DHL", "0034 0434 1610 9402 2115"), ("DHL", "RX123456785DE"),
        ("UPS", "1Z999AA10123456784"), ("POSTNL", "3SABCD1234567"), ("DPD", "01234567890123"), ("OTHER", "AB-1029384"),
    ],
)  # fmt: skip
def test_it_takes_real_numbers(carrier, number):
    assert numbers.problem(carrier, number) == ""


@pytest.mark.parametrize(
    ("carrier", "number", "why"),
    [
        ("DHL", "00340434161094022116", "fails the check digit"), ("UPS", "1Z999AA10123456785", "fails the check digit"),
        ("DHL", "RX123456786DE", "fails the check digit"), ("DHL", "0034043416109402211", "is no tracking number of DHL"),
        ("DHL", "000000000000", "is a placeholder"), ("OTHER", "123456789", "is a placeholder"),
        ("OTHER", "n/a", "is a placeholder"), ("GLS", "TEST123", "is a placeholder"), ("OTHER", "T-1", "is a placeholder"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong_with_a_number(carrier, number, why):
    assert why in numbers.problem(carrier, number)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_never_passes(digits, at, more):
    """GS1's digit finds every single wrong digit."""
    wrong = digits[:at] + str((int(digits[at]) + more) % 10) + digits[at + 1 :]
    assert numbers.gs1_digit(wrong) != numbers.gs1_digit(digits)
