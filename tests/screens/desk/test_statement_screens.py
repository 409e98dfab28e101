"""Statements on the screen: from the deposit to the row, and what people decide about differences."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from finance import sinks
from finance.models import Deposit, Discrepancy, Settlement
from finance.services import reconcile
from marketplaces.canonical import LineClass
from tests import factories
from tests.finance.conftest import START, header, line
from tests.screens.desk.conftest import said

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(noon, north):
    return factories.account()


@pytest.fixture
def statement(account) -> Settlement:
    """Storage and advertising of 30.00 on a statement that says 25.00 is taken: 5.00 too little."""
    source = factories.source(account, "settlements")
    sinks.settlements([header("S-1", "-25.00")], source)
    sinks.settlement_lines([line(1, LineClass.STORAGE, "-10.00"), line(2, LineClass.ADVERTISING, "-20.00")], source)
    reconcile.reconcile_open()
    return Settlement.objects.get()


def test_it_goes_from_the_total_to_the_six_ledgers_and_says_what_fails(statement, owner, within_budget):
    answer = within_budget("statement", lambda: owner.get(f"/money/statements/{statement.pk}/"))
    ledgers = {ledger.scope.value: (ledger.lines, ledger.amount) for ledger in answer.context["ledgers"]}
    assert ledgers["account"] == (2, Decimal("-30.0000"))
    assert [name for name, (lines, _) in ledgers.items() if not lines] == [
        "order", "shipment", "reserve", "transfer", "quarantine",
    ]  # fmt: skip
    checks = answer.context["checks"]
    assert {check.number: check.passed for check, _ in checks} == {
        1: False, 2: None, 3: False, 4: False, 5: True, 6: None,
    }  # fmt: skip
    assert all(meaning for _, meaning in checks)
    assert statement.residual == Decimal("5.0000")


def test_it_lists_statements_with_their_flags(statement, owner, within_budget):
    page = within_budget("statements", lambda: owner.get("/money/statements/")).content.decode()
    assert "S-1" in page
    assert ">inconsistent<" in page
    assert "1 need someone" in page


def test_it_shows_each_row_with_its_labels_and_why_it_stands_there(statement, owner, within_budget):
    page = within_budget("lines", lambda: owner.get(f"/money/statements/{statement.pk}/lines/")).content.decode()
    assert page.count("belongs to a ledger, not to an order") == 2
    only = owner.get(f"/money/statements/{statement.pk}/lines/?line_class=storage").content.decode()
    assert only.count("data-href=") == 1


def test_it_reconciles_again_and_tells_the_residual(statement, owner, viewer):
    answer = owner.post(f"/money/statements/{statement.pk}/", {"action": "reconcile"}, follow=True)
    assert said(answer) == ["Matched and checked again: the residual is 5.00 EUR"]
    assert viewer.post(f"/money/statements/{statement.pk}/", {"action": "reconcile"}).status_code == 403


def test_it_ties_a_statement_to_the_booking_of_a_bank_file(statement, account, owner):
    when = (START.date().replace(day=16)).isoformat()
    file = io.BytesIO(
        f"account,booked_on,amount,currency,reference\nshop,{when},-25.00,EUR,S-1\nnobody,x,1,EUR,\n".encode()
    )
    file.name = "bank.csv"
    answer = owner.post("/money/import/", {"action": "deposits", "file": file}, follow=True)
    assert said(answer)[0].startswith("1 new bookings, 0 known already, 1 statements paid; not read: line 3:")
    assert Deposit.objects.get().settlement == statement
    page = owner.get(f"/money/statements/{statement.pk}/")
    assert page.context["deposited"] == Decimal("-25.0000")
    assert {check.number: check.passed for check, _ in page.context["checks"]}[2] is True


def test_it_says_what_is_wrong_when_no_file_is_chosen(owner, account):
    answer = owner.post("/money/import/", {"action": "statement", "account": "shop"}, follow=True)
    assert said(answer) == ["choose a file first"]
    assert Settlement.objects.count() == 0


def test_it_accepts_a_difference_only_with_a_reason(statement, owner):
    found = Discrepancy.objects.get(kind="inconsistent")
    address = f"/money/discrepancies/{found.pk}/"
    assert said(owner.post(address, {"action": "accept"}, follow=True)) == ["say why; the next person will ask"]
    owner.post(address, {"action": "accept", "reason": "agreed with support"})
    found.refresh_from_db()
    assert (found.state, found.closed_by, found.closed_reason) == ("accepted", "owner", "agreed with support")


def test_it_lists_what_is_open_by_severity_and_then_by_money(statement, owner, within_budget):
    given = {"account": statement.account, "state": "open", "currency": "EUR", "evidence": {}}
    for key, severity, amount in (
        ("small", "S2", "1"),
        ("large", "S2", "-900"),
        ("unknown", "S2", None),
        ("urgent", "S1", "2"),
    ):
        Discrepancy.objects.create(
            **given, kind="unmatched", key=key, order_ref=key, severity=severity, amount=amount and Decimal(amount),
            first_seen_at=statement.imported_at, last_seen_at=statement.imported_at,
        )  # fmt: skip
    answer = within_budget("discrepancies", lambda: owner.get("/money/discrepancies/?kind=unmatched"))
    assert [row["cells"][1]["value"] for row in answer.context["rows"]] == ["urgent", "large", "small", "unknown"]
