"""Bank bookings find the statement that they pay, once."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest

from finance import sinks
from finance.models import Deposit, Discrepancy, IdentityCheck, Settlement
from finance.selectors import statements as selectors
from finance.services import payouts, reconcile
from finance.services.bank import deposits
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import START, header, line

pytestmark = pytest.mark.django_db
HEAD = "account,booked_on,amount,currency,reference\n"


@pytest.fixture
def statements(account, noon):
    """S-1 and S-2 of 100.00 each, due two weeks apart."""
    source = factories.source(account, "settlements")
    for number in (1, 2):
        start = START + timedelta(days=14 * (number - 1))
        due = (start + timedelta(days=16)).date()
        sinks.settlements(
            [header(f"S-{number}", "100", period_start=start, period_end=start + timedelta(days=14), deposit_on=due)],
            source,
        )
        sinks.settlement_lines([line(1, C.RESERVE_OUT, "100", f"S-{number}")], source)
    reconcile.reconcile_open()


def book(*lines: str) -> deposits.Imported:
    return deposits.import_deposits(io.BytesIO((HEAD + "\n".join(lines)).encode("utf-8-sig")))


def identity_2(name: str) -> bool | None:
    return IdentityCheck.objects.get(number=2, settlement__external_id=name).passed


def test_it_links_equal_amounts_by_the_nearest_day(statements):
    done = book("shop,2026-09-30,100.00,EUR,payout b", "shop,2026-09-18,100.00,EUR,payout a")
    assert (done.new, done.known, len(done.settlement_ids), done.refused) == (2, 0, 2, ())
    assert {(d.booked_on, d.settlement.external_id) for d in Deposit.objects.all()} == {
        (date(2026, 9, 18), "S-1"),
        (date(2026, 9, 30), "S-2"),
    }
    assert (identity_2("S-1"), identity_2("S-2")) == (True, True)
    assert not Discrepancy.objects.exists()


def test_it_keeps_a_booking_once_when_the_file_comes_again(statements):
    book("shop,2026-09-18,100.00,EUR,payout a")
    done = book("shop,2026-09-18,100.00,EUR,payout a")
    assert (done.new, done.known, done.settlement_ids, Deposit.objects.count()) == (0, 1, (), 1)


def test_it_finds_a_deposit_that_differs_from_the_statement_its_reference_names(statements):
    book("shop,2026-09-18,97.50,EUR,settlement S-1 of shop")
    assert identity_2("S-1") is False
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount, found.severity) == ("deposit_mismatch", Decimal("2.50"), "S1")


@pytest.mark.parametrize("reference", ["payout S-12", "payout XS-1", "12S-10", "S.1", "s-1"])
def test_it_does_not_take_a_part_of_another_number_for_a_statement(statements, reference):
    assert book(f"shop,2026-09-18,97.50,EUR,{reference}").settlement_ids == ()


@pytest.mark.parametrize("reference", ["S-1", "payout/S-1/2026", "(S-1)", "ref:S-1."])
def test_it_finds_the_statement_that_a_reference_names_as_a_whole(statements, reference):
    assert len(book(f"shop,2026-09-18,97.50,EUR,{reference}").settlement_ids) == 1


def test_it_keeps_two_equal_bookings_of_one_day_apart_and_brings_none_twice(statements):
    lines = ["shop,2026-09-18,100.00,EUR,", "shop,2026-09-18,100,EUR,", "shop,2026-09-19,100.00,EUR,"]
    first, again = book(*lines), book(*lines)
    assert (first.new, first.known, again.new, again.known) == (3, 0, 0, 3)
    days = Deposit.objects.order_by("booked_on", "ordinal").values_list("booked_on", "ordinal")
    assert list(days) == [(date(2026, 9, 18), 0), (date(2026, 9, 18), 1), (date(2026, 9, 19), 0)]


@pytest.mark.parametrize(
    ("booked", "is_paid"),
    [
        ("shop,2026-09-18,108.40,USD,", True),
        ("shop,2026-09-18,110.00,USD,S-1", False),
        ("shop,2026-09-18,109.00,USD,", None),
    ],
    ids=["less the fee", "named though it differs", "another amount"],
)
def test_it_links_a_payout_that_was_exchanged_once_its_rate_is_known(statements, booked, is_paid):
    assert book(booked).settlement_ids == ()
    statement = Settlement.objects.get(external_id="S-1")
    payouts.exchange(statement, currency="USD", rate=Decimal("1.1"), fee=Decimal("1.60"))
    assert identity_2("S-1") is is_paid


def test_it_counts_a_fee_once_that_both_the_statement_and_the_bank_tell(statements):
    statement = Settlement.objects.get(external_id="S-1")
    Deposit.objects.create(
        account=statement.account, currency="USD", amount=Decimal("108.40"), fee=Decimal("1.60"), settlement=statement,
        booked_on=date(2026, 9, 18), imported_at=START,
    )  # fmt: skip
    payouts.exchange(statement, currency="USD", rate=Decimal("1.1"), fee=Decimal("1.60"))
    assert identity_2("S-1") is True


def test_it_leaves_a_booking_alone_that_fits_no_statement(statements):
    done = book("shop,2026-09-18,99.99,EUR,other", "shop,2026-11-30,100.00,EUR,too late", "shop,2026-09-18,100,USD,x")
    assert (done.new, done.settlement_ids) == (3, ())
    assert identity_2("S-1") is None


def test_it_refuses_lines_with_the_reason_and_keeps_the_others(statements):
    done = book(
        "nobody,2026-09-18,1,EUR,", "shop,18.09.2026,1,EUR,", "shop,2026-09-18,1e,EUR,", "shop,2026-09-18,,EUR,",
        "shop,2026-09-18,5,EURO,", "shop,2026-09-18,5,eur,fine",
    )  # fmt: skip
    assert done.new == 1
    assert [reason.split(":")[0] for reason in done.refused] == [f"line {number}" for number in range(2, 7)]
    assert "no account is called 'nobody'" in done.refused[0]
    assert "amount is empty" in done.refused[3]


def test_it_goes_from_the_deposit_to_the_rows(statements):
    book("shop,2026-09-18,100.00,EUR,payout a")
    detail = selectors.statement(pk=Settlement.objects.get(external_id="S-1").pk)
    assert [d.amount for d in detail.deposits] == [Decimal("100.00")]
    assert [(c.scope, c.line_class, c.lines, c.amount) for c in detail.classes] == [
        ("reserve", "reserve_out", 1, Decimal("100.0000"))
    ]
    assert {scope: amount for scope, amount in detail.scopes.items() if amount} == {"reserve": Decimal("100.0000")}
    assert [(check.number, check.passed) for check in detail.checks] == [
        (1, True), (2, True), (3, True), (4, True), (5, True), (6, None),
    ]  # fmt: skip
    assert list(selectors.statement_lines(settlement=detail.settlement.pk).values_list("row_no", flat=True)) == [1]


def test_it_lists_statements_whose_deposit_nobody_saw(statements, noon):
    book("shop,2026-09-18,100.00,EUR,payout a")
    assert [s.external_id for s in selectors.deposits_unseen(due_before=noon)] == ["S-2"]
    assert selectors.counts() == {"settlements": 2, "settlement_lines": 2}
