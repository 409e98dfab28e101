"""The books of a client: what the database builds is what the plain functions say, to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance import journals, sinks
from finance.journals import PURPOSES, Line
from finance.models import (
    AccountMonth,
    AccountRule,
    Books,
    Deposit,
    IdentityCheck,
    Journal,
    JournalLine,
    MonthState,
    Restatement,
    Settlement,
)
from finance.services import journals as booking
from finance.services import payouts, reconcile
from finance.services.bank import bookings
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import header, line
from tests.finance.test_worked_examples import story, tell  # noqa: F401 - the fixture of the worked statement

pytestmark = pytest.mark.django_db
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def told(**wanted):
    """Purpose, code and amount of each posting, in the order of the entry."""
    found = JournalLine.objects.filter(**wanted).order_by("journal__month", "row_no")
    return [(row.purpose, row.code, str(row.amount.quantize(Decimal("0.01"))), row.order_ref) for row in found]


def identities(settlement: Settlement) -> dict[int, bool | None]:
    return dict(settlement.checks.filter(number__in=(7, 8)).values_list("number", "passed"))


def land(account, rows, total, external_id="S-1", **changes):
    source = factories.source(account, "settlements")
    sinks.settlements([header(external_id, total, **changes)], source)
    sinks.settlement_lines(rows, source)
    reconcile.reconcile_open()
    return Settlement.objects.get(external_id=external_id)


def lock(account, month, now):
    AccountMonth.objects.create(
        account=account, month=month, state=MonthState.LOCKED, prepared_by="ann", prepared_at=now, locked_by="bob",
        locked_at=now,
    )  # fmt: skip
    Journal.objects.filter(account=account, month=month).update(is_locked=True)


def test_it_books_the_worked_statement_to_the_cent(tell):  # noqa: F811
    settlement = tell(story())
    assert booking.book([settlement.pk]) == {}
    assert told() == [
        ("advertising", "1609", "31.05", ""),
        ("reserve", "1363", "85.00", ""),
        ("reserve", "1363", "-120.00", ""),
        ("storage", "4280", "12.40", ""),
        ("commission", "4760", "0.75", "O-A"),
        ("commission", "4760", "8.08", "O-A"),
        ("commission", "4760", "-3.74", "O-A"),
        ("fulfilment", "4730", "7.10", "O-A"),
        ("refunds", "8700", "24.95", "O-A"),
        ("revenue", "8200", "-49.90", "O-A"),
        ("revenue", "8200", "-3.99", "O-A"),
        ("commission", "4760", "2.99", "O-B"),
        ("fulfilment", "4730", "3.55", "O-B"),
        ("revenue", "8200", "-19.90", "O-B"),
        ("clearing", "1361", "21.66", ""),
    ]
    (journal,) = Journal.objects.all()
    assert (journal.number, journal.month, journal.booked_on) == ("S-1-202609", SEPTEMBER, date(2026, 9, 15))
    assert identities(settlement) == {7: None, 8: True}


def test_it_returns_the_clearing_account_to_zero_when_the_money_arrives(tell, account, noon):  # noqa: F811
    settlement = tell(story())
    Deposit.objects.create(
        account=account, currency="EUR", amount=Decimal("21.66"), booked_on=date(2026, 9, 18), reference="S-1",
        settlement=settlement, imported_at=noon,
    )  # fmt: skip
    booking.book([settlement.pk])
    assert told(journal__kind="deposit") == [("bank", "1200", "21.66", ""), ("clearing", "1361", "-21.66", "")]
    assert identities(settlement) == {7: True, 8: True}
    assert sum(JournalLine.objects.filter(code="1361").values_list("amount", flat=True)) == 0


def test_it_says_when_the_bank_received_something_else(tell, account, noon):  # noqa: F811
    settlement = tell(story())
    paid = Deposit.objects.create(
        account=account, currency="EUR", amount=Decimal("20.16"), booked_on=date(2026, 9, 18), settlement=settlement,
        imported_at=noon,
    )  # fmt: skip
    booking.book([settlement.pk])
    check = IdentityCheck.objects.get(settlement=settlement, number=7)
    assert (check.passed, check.actual) == (False, Decimal("1.50"))
    paid.fee = Decimal("1.50")
    paid.save()
    booking.book([settlement.pk])
    assert identities(settlement)[7] is True


def test_it_opens_the_clearing_account_again_when_the_bank_takes_a_payout_back(tell, account, noon):  # noqa: F811
    settlement = tell(story())
    Deposit.objects.create(
        account=account, currency="EUR", amount=Decimal("21.66"), booked_on=date(2026, 9, 18), settlement=settlement,
        imported_at=noon, returned_on=date(2026, 10, 1),
    )  # fmt: skip
    booking.book([settlement.pk])
    assert told(journal__kind="return") == [("bank", "1200", "-21.66", ""), ("clearing", "1361", "21.66", "")]
    assert Journal.objects.get(kind="return").month == OCTOBER
    assert IdentityCheck.objects.get(settlement=settlement, number=7).passed is False


def test_it_clears_a_payout_that_was_exchanged_in_the_currency_of_its_statement(account, noon):
    settlement = land(account, [line(1, C.RESERVE_OUT, "100")], "100")
    payouts.exchange(settlement, currency="USD", rate=Decimal("1.1"))
    paid = Deposit.objects.create(
        account=account, currency="USD", amount=Decimal("108.50"), fee=Decimal("1.50"), booked_on=date(2026, 9, 18),
        settlement=settlement, imported_at=noon,
    )  # fmt: skip
    booking.book([settlement.pk])
    assert told(journal__kind="deposit", journal__currency="USD") == [
        ("bank", "1200", "108.50", ""), ("bank_fee", "4970", "1.50", ""), ("transit", "1360", "-110.00", ""),
    ]  # fmt: skip
    assert told(journal__kind="exchange", journal__currency="EUR") == [
        ("clearing", "1361", "-100.00", ""), ("transit", "1360", "100.00", ""),
    ]  # fmt: skip
    assert identities(settlement) == {7: True, 8: True}
    paid.returned_on = date(2026, 9, 21)
    paid.save()
    booking.book([settlement.pk])
    assert not Journal.objects.filter(kind="exchange").exists()
    assert identities(settlement)[7] is False
    assert sum(JournalLine.objects.filter(purpose="transit").values_list("amount", flat=True)) == 0


def test_it_books_revenue_by_where_the_goods_went(tell, account):  # noqa: F811
    Books.objects.update(home_country="NL")
    settlement = tell(story())
    orders = account.orders.order_by("external_id")
    orders.filter(external_id="O-A").update(ship_to_country="NL")
    orders.filter(external_id="O-B").update(ship_to_country="FR")
    booking.book([settlement.pk])
    found = JournalLine.objects.filter(purpose__in=("revenue", "refunds")).order_by("order_ref", "amount")
    assert [(row.code, row.tax_class, row.country) for row in found] == [
        ("8400", "domestic", "NL"), ("8400", "domestic", "NL"), ("8720", "domestic", "NL"), ("8320", "eu", "FR"),
    ]  # fmt: skip


def test_it_blocks_a_statement_with_a_label_that_nobody_knows(tell):  # noqa: F811
    rows = [row for row in story() if row.line_class is not C.STORAGE]
    settlement = tell([*rows, line(11, C.UNKNOWN, "-12.40")])
    assert booking.book([settlement.pk]) == {settlement.pk: "nobody has said what 'unknown' is"}
    assert not Journal.objects.exists()
    assert identities(settlement) == {7: None, 8: False}


def test_it_blocks_a_statement_whose_lines_do_not_make_its_total(tell):  # noqa: F811
    settlement = tell([row for row in story() if row.row_no != 14])
    assert booking.book([settlement.pk]) == {settlement.pk: "its lines make 106.66, its total is 21.66"}


def test_it_blocks_what_has_no_account_and_names_it(tell):  # noqa: F811
    AccountRule.objects.filter(purpose="storage").delete()
    settlement = tell(story())
    assert booking.book([settlement.pk]) == {settlement.pk: "no account for storage"}


def test_it_splits_a_statement_over_two_months_in_the_zone_of_the_account(account, noon):
    start = datetime(2026, 9, 20, tzinfo=UTC)
    rows = [
        line(1, C.PRINCIPAL, "100.00", posted_at=datetime(2026, 9, 30, 21, 30, tzinfo=UTC)),
        line(2, C.PRINCIPAL, "10.00", posted_at=datetime(2026, 9, 30, 22, 30, tzinfo=UTC)),
        line(3, C.STORAGE, "-4.00", posted_at=None),
    ]
    settlement = land(account, rows, "106.00", period_start=start, period_end=start + timedelta(days=14))
    booking.book([settlement.pk])
    by_month = {
        j.month: [(p.purpose, str(p.amount.quantize(Decimal("0.01")))) for p in j.lines.order_by("row_no")]
        for j in Journal.objects.all()
    }
    assert account.zone() in ("Europe/Berlin", "Europe/Amsterdam", "UTC"), "the figures below hold where summer is +2"
    assert by_month == {
        SEPTEMBER: [("revenue", "-100.00"), ("carried", "100.00")],
        OCTOBER: [("revenue", "-10.00"), ("storage", "4.00"), ("carried", "-100.00"), ("clearing", "106.00")],
    }
    assert identities(settlement)[8] is True


def test_it_carries_a_negative_balance_over_and_clears_it(account, noon):
    first = land(account, [line(1, C.SUBSCRIPTION, "-39.00")], "-39.00")
    start = datetime(2026, 9, 15, tzinfo=UTC)
    rows = [line(1, C.CARRYOVER, "-39.00", "S-2"), line(2, C.PRINCIPAL, "100.00", "S-2")]
    second = land(account, rows, "61.00", "S-2", period_start=start, period_end=start + timedelta(days=14))
    booking.book([first.pk, second.pk])
    check = IdentityCheck.objects.get(settlement=first, number=7)
    assert (check.passed, check.reason) == (True, "carried over into S-2")
    assert sum(JournalLine.objects.filter(purpose="clearing").values_list("amount", flat=True)) == Decimal("61.00")


def test_it_books_a_card_charge_that_repays_a_negative_balance(account, noon):
    rows = [line(1, C.SUBSCRIPTION, "-39.00"), line(2, C.TRANSFER, "39.00")]
    settlement = land(account, rows, "0")
    Deposit.objects.create(
        account=account, currency="EUR", amount=Decimal("-39.00"), booked_on=date(2026, 9, 16), imported_at=noon
    )
    booking.book([settlement.pk])
    assert bookings.book_waiting() == 1
    balance = {
        code: sum(JournalLine.objects.filter(code=code).values_list("amount", flat=True))
        for code in JournalLine.objects.values_list("code", flat=True)
    }
    assert balance == {"4964": Decimal("39.00"), "1360": Decimal("0"), "1200": Decimal("-39.00")}
    assert identities(settlement) == {7: True, 8: True}


def test_it_books_late_rows_of_a_locked_month_in_the_open_one(account, noon):
    first = land(account, [line(1, C.PRINCIPAL, "100.00")], "100.00")
    booking.book([first.pk])
    lock(account, SEPTEMBER, noon)
    late = land(account, [line(1, C.PRINCIPAL, "7.00", "S-2"), line(2, C.STORAGE, "-1.50", "S-2")], "5.50", "S-2")
    booking.book([first.pk, late.pk])
    journal = Journal.objects.get(settlement=late)
    assert (journal.month, journal.booked_on) == (OCTOBER, OCTOBER)
    assert set(journal.lines.filter(is_contra=False).values_list("late_for", flat=True)) == {SEPTEMBER}
    assert list(Restatement.objects.values_list("month", "kind", "reference", "amount", "booked_month")) == [
        (SEPTEMBER, "late_row", "S-2", Decimal("5.5000"), OCTOBER)
    ]


def test_it_books_the_difference_of_a_statement_issued_again_and_leaves_the_locked_part(account, noon):
    settlement = land(account, [line(1, C.PRINCIPAL, "100.00"), line(2, C.STORAGE, "-5.00")], "95.00")
    booking.book([settlement.pk])
    lock(account, SEPTEMBER, noon)
    before = told(journal__month=SEPTEMBER)
    land(account, [line(1, C.PRINCIPAL, "100.00"), line(2, C.STORAGE, "-8.00")], "92.00")
    booking.book([settlement.pk])
    assert told(journal__month=SEPTEMBER) == before
    assert told(journal__month=OCTOBER) == [("storage", "4280", "3.00", ""), ("clearing", "1361", "-3.00", "")]
    assert Restatement.objects.get().kind == "reissued"
    assert identities(settlement)[8] is True


def test_it_builds_the_same_entries_again(tell):  # noqa: F811
    settlement = tell(story())
    booking.book([settlement.pk])
    first = (told(), list(Journal.objects.values_list("pk", "number", "debit")))
    booking.book([settlement.pk])
    assert (told(), list(Journal.objects.values_list("pk", "number", "debit"))) == first
    assert Journal.objects.get().debit == Decimal("197.53")


def test_it_books_what_was_checked_since_and_nothing_twice(tell, account):  # noqa: F811
    settlement = tell(story())
    assert booking.book_open() == {"statements": 1, "deposits": 0}
    assert booking.book_open() == {"statements": 0, "deposits": 0}
    reconcile.reconcile([settlement.pk])
    Settlement.objects.update(checked_at=settlement.checked_at + timedelta(hours=1))
    assert booking.book_open()["statements"] == 1


def test_it_cannot_store_an_entry_that_does_not_balance(tell):  # noqa: F811
    settlement = tell(story())
    booking.book([settlement.pk])
    some = JournalLine.objects.first()
    for spoil in (
        lambda: JournalLine.objects.filter(pk=some.pk).update(amount=some.amount + Decimal("0.01")),
        lambda: JournalLine.objects.filter(pk=some.pk)._raw_delete("default"),
        lambda: JournalLine.objects.create(journal=some.journal, row_no=99, purpose="bank", code="1", amount=1),
    ):
        with pytest.raises(IntegrityError, match="debits and credits"), transaction.atomic():
            spoil()


def test_it_cannot_change_a_locked_entry(tell, account, noon):  # noqa: F811
    settlement = tell(story())
    booking.book([settlement.pk])
    lock(account, SEPTEMBER, noon)
    for spoil in (
        lambda: Journal.objects.update(text="x"),
        lambda: JournalLine.objects.update(code="1"),
        lambda: Journal.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="is locked"), transaction.atomic():
            spoil()


drawn = st.lists(
    st.tuples(
        st.sampled_from(sorted(PURPOSES)), st.decimals(min_value=-90, max_value=90, places=3),
        st.sampled_from([8, 9, 10]), st.sampled_from(["", "O-1", "O-2"]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn, drawn, st.sampled_from([(), (8,), (8, 9)]))
def test_it_builds_in_sql_what_the_plain_functions_say(account, noon, first, second, locked):
    """First statement booked, some months locked, the statement issued again with other rows, booked again."""
    with transaction.atomic():
        booked = _issue(account, first, frozenset(), [])
        for month in locked:
            lock(account, date(2026, month, 1), noon)
        closed = frozenset(date(2026, month, 1) for month in locked)
        _issue(account, second, closed, [entry for entry in booked if entry.month in closed])
        transaction.set_rollback(True)


def _issue(account, rows, locked, booked):
    total = sum((amount for _, amount, _, _ in rows), Decimal(0))
    start = datetime(2026, 8, 5, tzinfo=UTC)
    source = factories.source(account, "settlements")
    sinks.settlements([header("S-9", str(total), period_start=start, period_end=start + timedelta(days=70))], source)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM finance_settlementline")
    sinks.settlement_lines(
        [
            line(n, C(name), str(amount), "S-9", posted_at=datetime(2026, month, 15, tzinfo=UTC), order_id=order)
            for n, (name, amount, month, order) in enumerate(rows, start=1)
        ],
        source,
    )
    settlement = Settlement.objects.get(external_id="S-9")
    assert booking.book([settlement.pk]) == {}
    lines = [
        Line(amount=amount, line_class=name, month=date(2026, month, 1), order_ref=order)
        for name, amount, month, order in rows
    ]
    expected = journals.entries(lines, total=total, currency="EUR", locked=locked, booked=booked)
    stored = {
        (p.journal.month, p.purpose, p.line_class, p.order_ref, p.late_for, p.is_contra, p.amount)
        for p in JournalLine.objects.filter(journal__is_locked=False).select_related("journal")
    }
    assert stored == {
        (e.month, p.purpose, p.line_class, p.order_ref, p.late_for, p.is_contra, p.amount)
        for e in expected
        for p in e.postings
    }
    return expected
