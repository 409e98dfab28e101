"""A statement on its way: approved, exported, locked, issued again; and its payout, which a bank may return."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from finance import sinks
from finance.models import Discrepancy, Restatement, Settlement, SettlementLine, SettlementRevision
from finance.services import approvals, differences, payouts, reconcile
from marketplaces.canonical import LineClass as C
from tests import factories
from tests.finance.conftest import START, header, line

pytestmark = pytest.mark.django_db


def land(account, page: int, *amounts: str, total: str | None = None) -> Settlement:
    """Issue S-1 as a page with rows of these amounts, and reconcile it."""
    source = replace(factories.source(account, "settlements", at=START + timedelta(days=14)), page_id=page)
    rows = [
        line(n, C.STORAGE, amount, posted_at=START + timedelta(days=n)) for n, amount in enumerate(amounts, start=1)
    ]
    sinks.settlements([header(total=total or str(sum(map(Decimal, amounts))))], source)
    sinks.settlement_lines(rows, source)
    with clock.frozen(START + timedelta(days=20)):
        reconcile.reconcile_open()
    return Settlement.objects.get()


def test_it_is_approved_exported_and_locked_in_this_order(account):
    statement = land(account, 1, "-1", "-2")
    with pytest.raises(ValidationError, match="matched cannot become exported"):
        approvals.mark([statement.pk], "exported")
    approved = approvals.approve(statement, by="fin", note="looks right")
    assert (approved.state, approved.approved_by) == ("approved", "fin")
    approvals.mark([statement.pk], "exported")
    approvals.mark([statement.pk], "locked")
    with pytest.raises(ValidationError, match="locked cannot become approved"):
        approvals.mark([statement.pk], "approved")


def test_it_stays_approved_when_it_is_reconciled_again(account):
    statement = approvals.approve(land(account, 1, "-1"), by="fin")
    reconcile.reconcile_one(statement.pk)
    assert Settlement.objects.get().state == "approved"
    assert approvals.withdraw(statement, by="boss", reason="wait").state == "matched"


def test_it_is_not_approved_while_something_stands_against_it(account):
    statement = land(account, 1, "-1", total="-2")
    assert approvals.objections(statement) == [
        "it is inconsistent, not matched", "the residual is -1.00 EUR", "1 discrepancies are open: settle or accept them first",
        "identity 1 does not hold, and nobody accepted why", "identity 3 does not hold, and nobody accepted why",
        "identity 4 does not hold, and nobody accepted why",
    ]  # fmt: skip
    differences.accept(Discrepancy.objects.get(), by="fin", reason="known")
    assert approvals.objections(statement) == ["it is inconsistent, not matched", "the residual is -1.00 EUR"]


def test_it_keeps_both_issues_and_says_what_changed(account):
    statement = approvals.approve(land(account, 1, "-1", "-2", "-3"), by="fin")
    again = land(account, 2, "-1", "-2.50", "-3", "-4")
    assert (again.state, again.approved_by, again.page_id) == ("matched", "", 2)
    told = SettlementRevision.objects.get(settlement=statement)
    assert (told.former_page_id, told.page_id) == (1, 2)
    assert (told.rows_added, told.rows_removed, told.rows_changed) == (1, 0, 1)
    assert (told.difference, told.by_class) == (Decimal("-4.50"), {"storage": "-4.5000"})
    assert list(told.lines.values_list("amount", flat=True).order_by("row_no")) == [-1, -2, -3]


def test_it_leaves_a_locked_statement_as_it_is_and_books_the_difference_later(account):
    statement = approvals.approve(land(account, 1, "-1", "-2"), by="fin")
    approvals.mark([statement.pk], "locked")
    again = land(account, 2, "-1", "-5")
    assert (again.state, again.total, again.page_id) == ("reissued", Decimal(-3), 1)
    assert sorted(SettlementLine.objects.values_list("amount", flat=True)) == [-2, -1]
    told = SettlementRevision.objects.get()
    assert (told.is_waiting, told.difference, told.rows_changed) == (True, Decimal(-3), 1)
    noted = Restatement.objects.get()
    assert (noted.kind, noted.amount, noted.reference) == ("reissued", Decimal(-3), "S-1, issue 2")
    land(account, 2, "-1", "-5")
    assert (SettlementRevision.objects.count(), Restatement.objects.count()) == (1, 1)


def test_it_keeps_what_people_accepted_when_the_rows_come_again_at_other_places(account):
    land(account, 1, "-1", "-2", total="-2")
    found = Discrepancy.objects.get()
    differences.accept(found, by="fin", reason="known")
    land(account, 2, "-2", "-1", total="-2")
    found.refresh_from_db()
    assert (found.state, found.closed_by) == ("accepted", "fin")


def test_it_opens_again_when_the_bank_returns_the_payout(account):
    statement = land(account, 1, "-1")
    sinks.settlements([header(total="5")], factories.source(account))
    sinks.settlement_lines([line(1, C.RESERVE_OUT, "5")], factories.source(account))
    reconcile.reconcile_open()
    statement = approvals.approve(Settlement.objects.get(), by="fin")
    with pytest.raises(ValidationError, match="announced cannot become returned"):
        payouts.returned(statement, reason="x")
    payouts.received(statement)
    with pytest.raises(ValidationError, match="say why"):
        payouts.returned(statement, reason=" ")
    back = payouts.returned(statement, reason="account closed")
    assert (back.payout_state, back.state, back.approved_by) == ("returned", "matched", "")
    assert Discrepancy.objects.get(state="open").kind == "payout_returned"
    payouts.received(statement)
    assert not Discrepancy.objects.filter(state="open").exists()


def test_it_takes_no_other_rate_once_it_is_locked(account):
    statement = approvals.approve(land(account, 1, "-1"), by="fin")
    approvals.mark([statement.pk], "locked")
    with pytest.raises(ValidationError, match="locked"):
        payouts.exchange(statement, currency="USD", rate=Decimal("1.1"))
    assert Settlement.objects.get().payout_rate is None
