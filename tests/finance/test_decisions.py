"""What people decide about money: matches by hand, write-offs and claims; they survive a statement that comes again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from finance import sinks
from finance.models import ApprovalLimit, Claim, Discrepancy, Match, OrderLineMoney, Settlement, SettlementLine
from finance.services import approvals, claims, hand_matches, reconcile, write_offs
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.finance.conftest import START, euro, header, line

pytestmark = pytest.mark.django_db
A = {"order_id": "O-A", "line_id": "LA", "sku": "MUG"}


@pytest.fixture
def sold(sell):
    at = START + timedelta(days=1)
    items = (
        factories.order_line("LA", sku="MUG", quantity=1, quantity_shipped=1, item_total=euro("20"), unit_price=None),
        factories.order_line("LB", sku="PAN", quantity=1, quantity_shipped=1, item_total=euro("30"), unit_price=None),
    )
    sell(factories.order("O-A", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at, lines=items))


def land(account, *rows, name: str = "S-1", page: int = 1, days: int = 20) -> Settlement:
    source = replace(factories.source(account, "settlements", at=START + timedelta(days=14)), page_id=page)
    total = sum((row.amount.amount for row in rows), Decimal(0))
    start = START if name == "S-1" else START + timedelta(days=14)
    sinks.settlements([header(name, str(total), period_start=start, period_end=start + timedelta(days=14))], source)
    sinks.settlement_lines(rows, source)
    with clock.frozen(START + timedelta(days=days)):
        reconcile.reconcile_open()
    return Settlement.objects.get(external_id=name)


def lost(amount: str = "7.00", row_no: int = 1):
    return line(row_no, C.PRINCIPAL, amount, order_id="O-A", line_id="X")


def where(row_no: int = 1, name: str = "S-1") -> tuple[int, str | None, str]:
    row = SettlementLine.objects.get(row_no=row_no, settlement__external_id=name)
    match = Match.objects.get(settlement_line=row)
    return match.layer, match.order_line and match.order_line.external_id, row.scope


def test_it_holds_at_once_below_the_limit_and_survives_a_new_issue(sold, account):
    land(account, lost())
    assert where() == (7, None, "quarantine")
    item = OrderLine.objects.get(external_id="LB")
    made = hand_matches.propose(SettlementLine.objects.get(), order_line=item, by="fin", reason="by phone")
    assert (made.state, where(), Settlement.objects.get().state) == ("approved", (8, "LB", "order"), "matched")
    land(account, line(1, C.STORAGE, "-1"), lost(row_no=2), page=2)
    assert where(2) == (8, "LB", "order")
    hand_matches.reverse(made, by="fin", reason="wrong")
    assert where(2) == (7, None, "quarantine")


def test_it_needs_a_second_person_above_the_limit(sold, account):
    land(account, lost("500.00"))
    made = hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="fin", reason="a gift")
    assert (made.state, where()[0]) == ("proposed", 7)
    with pytest.raises(ValidationError, match="second person"):
        hand_matches.approve(made, by="fin")
    hand_matches.approve(made, by="boss")
    assert where() == (8, None, "account")


def test_it_asks_for_two_where_the_limit_was_lowered_or_currencies_cannot_be_compared(sold, account):
    ApprovalLimit.objects.create(decision="match", amount=Decimal("6.99"), currency="EUR")
    land(account, lost())
    assert hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="a", reason="b").state == "proposed"
    with pytest.raises(ValidationError, match="decided about this row already"):
        hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="a", reason="b")


def test_it_tells_equal_rows_apart(sold, account):
    land(account, lost(), lost(row_no=2))
    second = SettlementLine.objects.get(row_no=2)
    hand_matches.propose(second, order_line=OrderLine.objects.get(external_id="LA"), by="fin", reason="the second one")
    assert (where(1), where(2)) == ((7, None, "quarantine"), (8, "LA", "order"))


def test_it_places_an_unknown_label_by_hand_and_back(sold, account):
    land(account, line(1, C.UNKNOWN, "-3.00"))
    made = hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="fin", reason="a fee of the account")
    assert (where(), Settlement.objects.get().state) == ((8, None, "account"), "matched")
    hand_matches.reverse(made, by="fin", reason="no")
    assert (where(), Settlement.objects.get().state) == ((7, None, "quarantine"), "tied")


def test_it_leaves_a_locked_statement_alone(sold, account):
    statement = land(account, line(1, C.STORAGE, "-1"))
    approvals.mark([approvals.approve(statement, by="fin").pk], "locked")
    with pytest.raises(ValidationError, match="locked"):
        hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="fin", reason="late")


def test_it_agrees_to_nothing_about_a_statement_that_was_locked_meanwhile(sold, account):
    statement = land(account, lost("500.00"))
    made = hand_matches.propose(SettlementLine.objects.get(), order_line=None, by="fin", reason="a gift")
    approvals.mark([statement.pk], "locked")
    with pytest.raises(ValidationError, match="locked"):
        hand_matches.approve(made, by="boss")
    made.refresh_from_db()
    assert (made.state, where()) == ("proposed", (7, None, "quarantine"))


def short(account) -> Discrepancy:
    land(account, line(1, C.PRINCIPAL, "18.50", quantity=1, **A))
    return Discrepancy.objects.get(kind="short_paid")


def test_it_writes_off_with_four_eyes(sold, account):
    found = short(account)
    made = write_offs.propose(found, by="fin", reason="too small")
    with pytest.raises(ValidationError, match="second person"):
        write_offs.approve(made, by="fin")
    write_offs.approve(made, by="boss")
    found.refresh_from_db()
    assert (made.amount, found.state, found.closed_reason) == (Decimal("1.50"), "accepted", "written off: too small")
    assert OrderLineMoney.objects.get(order_line__external_id="LA").state == "written_off"


def test_it_claims_what_is_owed_and_sees_what_comes_back(sold, account):
    claim = claims.open_for(short(account), by="fin")
    assert (claim.asked, claim.deadline_on) == (Decimal("1.50"), (START + timedelta(days=110)).date())
    with pytest.raises(ValidationError, match="open already"):
        claims.open_for(claim.discrepancy, by="fin")
    claim = claims.submit(claim, by="fin", reference="CASE-1")
    assert OrderLineMoney.objects.get(order_line__external_id="LA").state == "disputed"
    assert [row["amount"] for row in claim.evidence["rows"]] == ["18.5000"]
    assert claim.evidence["raw_pages"] == [1]
    land(
        account, line(1, C.REIMBURSEMENT, "1.00", "S-2", **A), line(2, C.REIMBURSEMENT, "0.50", "S-2", **A), name="S-2"
    )
    first, second = SettlementLine.objects.filter(settlement__external_id="S-2").order_by("row_no")
    assert claims.recover(claim, first, by="fin").state == "partly_recovered"
    assert OrderLineMoney.objects.get(order_line__external_id="LA").state == "disputed"
    with pytest.raises(ValidationError, match="pays a claim already"):
        claims.recover(claim, first, by="fin")
    claim = claims.recover(claim, second, by="fin")
    assert (claim.state, claim.recovered, claim.discrepancy.pk) == ("recovered", Decimal("1.50"), claim.discrepancy_id)
    assert OrderLineMoney.objects.get(order_line__external_id="LA").state == "recovered"
    reconcile.judge_all()
    claim.discrepancy.refresh_from_db()
    assert (claim.discrepancy.state, claim.discrepancy.closed_reason) == ("resolved", f"claim {claim.pk} was paid")
    land(account, line(1, C.PRINCIPAL, "18.00", quantity=1, **A), page=2)
    claim.discrepancy.refresh_from_db()
    assert (claim.discrepancy.state, claim.discrepancy.amount) == ("open", Decimal(2))


def test_it_takes_only_rows_that_pay_and_only_claims_that_wait(sold, account):
    claim = claims.open_for(short(account), by="fin")
    row = SettlementLine.objects.get()
    with pytest.raises(ValidationError, match="only a submitted one"):
        claims.recover(claim, row, by="fin")
    claims.submit(claim, by="fin")
    SettlementLine.objects.update(amount=Decimal("-1"))
    with pytest.raises(ValidationError, match="pays no claim"):
        claims.recover(claim, SettlementLine.objects.get(), by="fin")
    assert claims.refuse(claim, by="fin", reason="too late").state == "refused"
    with pytest.raises(ValidationError, match="cannot become"):
        claims.withdraw(claim, by="fin", reason="x")


def test_it_keeps_a_claim_when_the_statement_comes_again(sold, account):
    claims.submit(claims.open_for(short(account), by="fin"), by="fin")
    land(account, line(1, C.STORAGE, "-1"), line(2, C.PRINCIPAL, "18.50", quantity=1, **A), page=2)
    kept = Claim.objects.get()
    assert (kept.state, kept.discrepancy.state, kept.discrepancy.amount) == ("submitted", "open", Decimal("1.50"))
