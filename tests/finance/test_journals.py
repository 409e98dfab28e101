"""Entries of statements: they balance, their parts make the whole, and nothing locked ever moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance import journals
from finance.journals import PURPOSES, Asked, Entry, Line, Purpose, Rule, Unbalanced
from marketplaces.canonical import LineClass

MONTHS = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
ZERO = Decimal(0)
amounts = st.decimals(min_value=-500, max_value=500, places=2)
lines_of_statements = st.lists(
    st.builds(
        Line, amount=amounts, line_class=st.sampled_from(sorted(PURPOSES)), month=st.sampled_from(MONTHS),
        order_ref=st.sampled_from(["", "O-1", "O-2"]),
    ),
    max_size=25,
)  # fmt: skip


def total(lines: list[Line]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def of(found: list[Entry], purpose: str, *, is_contra: bool) -> Decimal:
    return sum((p.amount for e in found for p in e.postings if p.purpose == purpose and p.is_contra is is_contra), ZERO)


def test_it_has_a_purpose_for_every_class_but_the_unknown_one():
    assert set(LineClass) - set(PURPOSES) == {LineClass.UNKNOWN}


@given(lines_of_statements)
def test_it_balances_every_entry_and_clears_the_whole_statement(lines):
    found = journals.entries(lines, total=total(lines), currency="EUR")
    assert [sum((p.amount for p in entry.postings), ZERO) for entry in found] == [ZERO] * len(found)
    assert of(found, Purpose.CARRIED, is_contra=True) == ZERO
    assert of(found, Purpose.ROUNDING, is_contra=True) == ZERO
    if found:
        assert of(found, Purpose.CLEARING, is_contra=True) == total(lines)
    else:
        assert total(lines) == ZERO
    parts = -sum((p.amount for e in found for p in e.postings if not p.is_contra), ZERO)
    assert parts == total(lines)


@given(lines_of_statements, lines_of_statements, st.sets(st.sampled_from(MONTHS)))
def test_it_books_what_comes_after_a_lock_as_the_difference_in_open_months(first, more, locked):
    before = journals.entries(first, total=total(first), currency="EUR")
    kept = [entry for entry in before if entry.month in locked]
    lines = [*first, *more]
    after = journals.entries(lines, total=total(lines), currency="EUR", locked=frozenset(locked), booked=kept)
    assert not {entry.month for entry in after} & locked
    whole = [*kept, *after]
    assert all(sum((p.amount for p in entry.postings), ZERO) == ZERO for entry in whole)
    assert -sum((p.amount for e in whole for p in e.postings if not p.is_contra), ZERO) == total(lines)
    assert of(whole, Purpose.CARRIED, is_contra=True) == ZERO or not after
    if after:
        assert of(whole, Purpose.CLEARING, is_contra=True) == total(lines)
    assert {p.late_for for e in after for p in e.postings} - {None} <= locked


@given(st.lists(st.decimals(min_value=-50, max_value=50, places=4), min_size=1, max_size=20))
def test_it_posts_whole_cents_and_puts_the_rest_on_the_rounding_account(values):
    lines = [
        Line(amount=value, line_class="commission", month=MONTHS[0], order_ref=f"O-{n}")
        for n, value in enumerate(values)
    ]
    found = journals.entries(lines, total=total(lines), currency="EUR")
    for entry in found:
        assert sum((p.amount for p in entry.postings), ZERO) == ZERO
        assert all(p.amount == p.amount.quantize(Decimal("0.01")) for p in entry.postings)
    rest = of(found, Purpose.ROUNDING, is_contra=True)
    journals.check_rounding(rest, currency="EUR", lines=len(lines))


def test_it_refuses_a_rest_that_rounding_cannot_explain():
    with pytest.raises(Unbalanced, match="0\\.02 EUR"):
        journals.check_rounding(Decimal("0.02"), currency="EUR", lines=1)


def test_it_leaves_a_part_on_the_carried_account_until_the_statement_ends():
    lines = [
        Line(amount=Decimal("100.00"), line_class="principal", month=MONTHS[0]),
        Line(amount=Decimal("-15.00"), line_class="commission", month=MONTHS[0]),
        Line(amount=Decimal("20.00"), line_class="principal", month=MONTHS[1]),
    ]
    august, september = journals.entries(lines, total=Decimal("105.00"), currency="EUR")
    assert [(p.purpose, p.amount) for p in august.postings if p.is_contra] == [("carried", Decimal("85.00"))]
    assert [(p.purpose, p.amount) for p in september.postings if p.is_contra] == [
        ("clearing", Decimal("105.00")),
        ("carried", Decimal("-85.00")),
    ]


@pytest.mark.parametrize(
    ("amount", "options", "expected"),
    [
        ("21.66", {"is_linked": True}, {"bank": "21.66", "clearing": "-21.66"}),
        ("97.50", {"is_linked": True, "fee": Decimal("2.50")}, {"bank": "97.50", "bank_fee": "2.50", "clearing": "-100.00"}),
        ("-50.00", {"is_linked": True}, {"bank": "-50.00", "clearing": "50.00"}),
        ("-50.00", {"is_linked": False}, {"bank": "-50.00", "transit": "50.00"}),
        ("21.66", {"is_linked": True, "is_returned": True}, {"bank": "-21.66", "clearing": "21.66"}),
    ],
)  # fmt: skip
def test_it_books_what_the_bank_did(amount, options, expected):
    found = journals.deposit(Decimal(amount), **options)
    assert {p.purpose: str(p.amount) for p in found} == expected
    assert sum(p.amount for p in found) == 0


def test_it_takes_the_most_specific_account():
    rules = [
        Rule(purpose="revenue", code="8200"),
        Rule(purpose="revenue", code="8320", tax_class="eu"),
        Rule(purpose="revenue", code="8321", tax_class="eu", country="FR"),
        Rule(purpose="revenue", code="8500", line_class="shipping"),
        Rule(purpose="revenue", code="9000", account_id=7),
    ]

    def code(**changes: object) -> str | None:
        asked = Asked(**{"purpose": "revenue", "account_id": 1, "currency": "EUR", **changes})
        found = journals.resolve(rules, asked)
        return found.code if found else None

    assert code(tax_class="eu", country="NL") == "8320"
    assert code(tax_class="eu", country="FR") == "8321"
    assert code(tax_class="domestic") == "8200"
    assert code(tax_class="eu", country="FR", line_class="shipping") == "8500"
    assert code(account_id=7, line_class="shipping") == "9000"
    assert code(purpose="storage") is None


@pytest.mark.parametrize(
    ("country", "home", "is_business", "expected"),
    [("DE", "DE", True, "domestic"), ("NL", "DE", False, "eu"), ("NL", "DE", True, "eu_business"),
     ("AE", "DE", True, "export"), ("DE", "AE", False, "export"), ("", "DE", False, ""), ("DE", "", False, "")],
)  # fmt: skip
def test_it_tells_the_tax_class_of_a_sale(country, home, is_business, expected):
    assert journals.tax_class(country, home=home, is_business=is_business) == expected
