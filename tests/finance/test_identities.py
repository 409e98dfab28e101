"""The identities as plain functions, and the table of scopes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from finance import identities
from finance.classes import PLACES, Scope, scope_of
from finance.identities import Facts
from marketplaces.canonical import LineClass

DAY = datetime(2026, 9, 1, tzinfo=UTC)


def facts(**changes) -> Facts:
    by_scope = {"order": Decimal("30.11"), "account": Decimal("-43.45"), "reserve": Decimal("35.00")}
    values = {"total": Decimal("21.66"), "line_count": 14, "by_scope": by_scope, "lines_sum": Decimal("21.66"),
              "released": Decimal("120.00"), "held": Decimal("85.00"), "of_orders": Decimal("30.11"),
              "matched": Decimal("30.11")}  # fmt: skip
    return Facts(**{**values, **changes})


def passed(told: Facts) -> dict[int, bool | None]:
    return {check.number: check.passed for check in identities.checks(told)}


def test_it_passes_what_can_be_told():
    told = facts(deposit=Decimal("21.66"), period_start=DAY, former_end=DAY)
    assert passed(told) == {1: True, 2: True, 3: True, 4: True, 5: True, 6: True}
    assert (identities.residual(told), identities.state(told)) == ((Decimal("0.00"), ""), "matched")


@pytest.mark.parametrize(
    ("changes", "state", "residual"),
    [
        ({"total": Decimal("21.67")}, "inconsistent", Decimal("0.01")),
        ({"by_scope": {"order": Decimal("21.00"), "quarantine": Decimal("0.66")}}, "tied", Decimal("0.66")),
        ({"by_scope": {"order": Decimal("21.66"), "quarantine": Decimal("0")}}, "tied", Decimal("0.00")),
        ({"total": None}, "imported", None),
        ({"line_count": 0, "lines_sum": Decimal("0"), "by_scope": {}}, "announced", None),
    ],
)
def test_it_gives_state_and_residual(changes, state, residual):
    told = facts(**changes)
    assert (identities.state(told), identities.residual(told)[0]) == (state, residual)


def test_it_says_why_a_residual_is_not_known():
    assert identities.residual(facts(total=None))[1] == "the statement's header has not been seen; import it"


@pytest.mark.parametrize(
    ("apart", "result"), [(timedelta(0), True), (timedelta(minutes=59), True), (timedelta(minutes=-59), True),
                          (timedelta(hours=2), False), (timedelta(hours=-2), False)],
)  # fmt: skip
def test_it_allows_periods_to_meet_within_an_hour(apart, result):
    assert identities.chain(facts(period_start=DAY + apart, former_end=DAY)).passed is result


def test_it_has_a_place_for_every_class():
    assert set(PLACES) == set(LineClass)


@pytest.mark.parametrize(
    ("line_class", "has_order", "has_shipment", "expected"),
    [
        (LineClass.PRINCIPAL, True, True, Scope.ORDER),
        (LineClass.PRINCIPAL, False, True, Scope.SHIPMENT),
        (LineClass.PRINCIPAL, False, False, Scope.QUARANTINE),
        (LineClass.COMMISSION, False, False, Scope.ACCOUNT),
        (LineClass.STORAGE, True, False, Scope.ACCOUNT),
        (LineClass.RESERVE_IN, True, True, Scope.RESERVE),
        (LineClass.TRANSFER, False, False, Scope.TRANSFER),
        (LineClass.UNKNOWN, True, True, Scope.QUARANTINE),
    ],
)
def test_it_places_a_line_by_class_and_references(line_class, has_order, has_shipment, expected):
    assert scope_of(line_class, has_order=has_order, has_shipment=has_shipment) is expected


def test_it_quarantines_a_line_in_another_currency():
    assert scope_of(LineClass.STORAGE, has_order=False, has_shipment=False, is_same_currency=False) is Scope.QUARANTINE


def check(told: Facts, number: int) -> identities.Check:
    return next(each for each in identities.checks(told) if each.number == number)


@pytest.mark.parametrize(
    ("rate", "fee", "deposit", "result"),
    [("1.0850", None, "23.50", True), ("1.0850", "0.50", "23.00", True), ("1.0850", None, "23.43", True),
     ("1.0850", None, "23.42", False), ("4.0100", "1.86", "85.00", True)],
)  # fmt: skip
def test_it_converts_the_total_at_the_stated_rate_and_adds_what_the_bank_kept(rate, fee, deposit, result):
    told = facts(deposit=Decimal(deposit), payout_rate=Decimal(rate), payout_fee=Decimal(fee) if fee else None)
    assert check(told, 2).passed is result


@pytest.mark.parametrize(
    ("former", "held", "closing", "result"),
    [("120.00", "85.00", "85.00", True), ("130.00", "85.00", "95.00", False), ("120.00", "80.00", "80.00", True)],
)
def test_it_rolls_the_reserve_forward_from_the_statement_before(former, held, closing, result):
    total = Decimal("21.66") + Decimal("85.00") - Decimal(held)
    told = facts(former_held=Decimal(former), held=Decimal(held), total=total, lines_sum=total)
    assert (check(told, 3).expected, check(told, 3).passed) == (Decimal(closing), result)


def test_it_compares_the_money_of_order_lines_with_the_lines_of_orders():
    told = check(facts(matched=Decimal("16.75")), 5)
    assert (told.expected, told.actual, told.passed) == (Decimal("30.11"), Decimal("16.75"), False)
