"""A month is prepared by one person and locked by another one, once its checks hold; then it stays as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from finance.models import (
    AccountMonth,
    AccountRule,
    Deposit,
    Discrepancy,
    Journal,
    MonthState,
    OrderLineMoney,
    ProfitDay,
    Settlement,
)
from finance.services import closing, reconcile
from finance.services import journals as booking
from inventory.models import Order, OrderLine, Return
from tests.finance.test_worked_examples import story, tell  # noqa: F401 - the fixture of the worked statement

SEPTEMBER, AUGUST = date(2026, 9, 1), date(2026, 8, 1)
LATER = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


def verdicts(account) -> dict[str, bool | None]:
    return {row.spec.key: row.passed for row in closing.rows(account, SEPTEMBER)}


@pytest.fixture
def ready(tell, account, settings, tmp_path):  # noqa: F811
    """The worked statement over the whole of September, paid, booked and exported; only the costs are not known."""
    settings.DATA_DIR = tmp_path
    settlement = tell(story())
    month_end = clock.day_bounds(date(2026, 10, 1), account.zone())[0]
    Settlement.objects.update(period_end=month_end)
    Deposit.objects.create(
        account=account, currency="EUR", amount=Decimal("21.66"), booked_on=date(2026, 10, 2), reference="S-1",
        settlement=settlement, imported_at=LATER,
    )  # fmt: skip
    with clock.frozen(LATER - timedelta(hours=1)):
        reconcile.reconcile([settlement.pk])
        booking.book([settlement.pk])
    with clock.frozen(LATER):
        closing.export(account, SEPTEMBER, "generic", by="ann")
        yield settlement


@pytest.fixture
def locked(ready):
    closing.prepare(ready.account, SEPTEMBER, by="ann")
    return closing.lock(ready.account, SEPTEMBER, by="bob")


@pytest.mark.django_db
def test_it_shows_what_a_month_still_lacks(ready):
    assert verdicts(ready.account) == {
        "is_over": True, "all_there": True, "chain": True, "whole": True, "residual": True, "identities": True,
        "labels": True, "unmatched": True, "deposits": True, "booked": True, "rounding": True, "exported": True,
        "costs": None, "cases": True, "contradictions": True,
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda line: _came_back(line, 1, "L1"), ""),
        (lambda line: _came_back(line, 2, "L1"), "O-9 / L1 (2 returned of 1 shipped)"),
        (lambda line: _came_back(line, 2, ""), "O-9 (2 returned of 1 shipped)"),
        (lambda line: _refunded(line, "-10.00"), ""),
        (lambda line: _refunded(line, "-10.02"), "O-9 / L1 (10.02 refunded of 10.00 paid)"),
    ],
)
def test_a_line_that_came_back_or_was_refunded_beyond_itself_keeps_the_month_open(ready, spoil, why):
    at, account = datetime(2026, 9, 9, tzinfo=UTC), ready.account
    order = Order.objects.create(
        account=account, external_id="O-9", status="shipped", ordered_at=at, business_on=at.date(), changed_at=at,
        fulfilment="merchant", currency="EUR",
    )  # fmt: skip
    spoil(OrderLine.objects.create(
        account=account, order=order, order_ref="O-9", external_id="L1", remote_id="MUG", quantity=2,
        quantity_shipped=1, currency="EUR", changed_at=at,
    ))  # fmt: skip
    row = next(row for row in closing.rows(account, SEPTEMBER) if row.spec.key == "contradictions")
    assert (row.passed, row.why) == (not why, f"these cannot be: {why}" if why else row.why)
    if why:
        with pytest.raises(ValidationError, match="No order line contradicts itself"):
            closing.prepare(account, SEPTEMBER, by="ann")


def _came_back(line: OrderLine, units: int, line_ref: str) -> None:
    Return.objects.create(
        account_id=line.account_id, external_id="R-9", order_ref=line.order_ref, line_ref=line_ref, remote_id="MUG",
        quantity=units, fulfilment="merchant", returned_at=line.changed_at,
    )  # fmt: skip


def _refunded(line: OrderLine, amount: str) -> None:
    OrderLineMoney.objects.create(
        order_line=line, account_id=line.account_id, ordered_on=line.changed_at.date(), currency="EUR",
        settled=Decimal("10.00"), refunded=Decimal(amount), state="refunded", basis="refunded",
        line_changed_at=line.changed_at, rebuilt_at=LATER,
    )  # fmt: skip


@pytest.mark.django_db
def test_it_says_how_much_of_the_revenue_has_costs(ready):
    values = {"account": ready.account, "day": date(2026, 9, 3), "currency": "EUR", "lines": 1, "units": 1}
    ProfitDay.objects.create(**values, net_revenue=Decimal(100), revenue_costed=Decimal("97.9"))
    row = next(row for row in closing.rows(ready.account, SEPTEMBER) if row.spec.key == "costs")
    assert (row.passed, row.why, row.is_done) == (False, "costs are known for 97.9% of EUR revenue", True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "fails"),
    [
        (lambda s: Settlement.objects.update(state="inconsistent", residual=Decimal("-1")), {"whole", "residual"}),
        (lambda s: s.lines.filter(row_no=11).update(line_class="unknown"), {"labels"}),
        (lambda s: s.lines.filter(row_no=8).update(scope="quarantine"), {"unmatched"}),
        (lambda s: s.checks.filter(number=1).update(passed=False), {"identities"}),
        (lambda s: s.checks.filter(number=6).update(passed=False), {"chain"}),
        (lambda s: Settlement.objects.update(checked_at=LATER), {"booked"}),
        (lambda s: Journal.objects.update(built_at=LATER + timedelta(hours=1)), {"exported"}),
        (lambda s: Settlement.objects.update(period_end=datetime(2026, 9, 20, tzinfo=UTC)), {"all_there"}),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_it_fails_the_check_that_is_spoilt_and_refuses_to_prepare(ready, spoil, fails):
    Settlement.objects.update(imported_at=LATER - timedelta(days=10))
    spoil(ready)
    assert {key for key, passed in verdicts(ready.account).items() if passed is False} == fails
    with pytest.raises(ValidationError, match="do not hold"):
        closing.prepare(ready.account, SEPTEMBER, by="ann")


@pytest.mark.django_db
def test_it_misses_a_deposit_that_is_late(ready):
    Journal.objects.filter(kind="deposit").delete()
    Deposit.objects.all().delete()
    with clock.frozen(datetime(2026, 10, 5, tzinfo=UTC)):
        assert verdicts(ready.account)["deposits"] is True
    with clock.frozen(datetime(2026, 10, 6, tzinfo=UTC)):
        assert verdicts(ready.account)["deposits"] is False


@pytest.mark.django_db
def test_it_accepts_a_failed_check_with_a_reason_for_as_long_as_it_says_the_same(ready):
    account = ready.account
    ready.checks.filter(number=2).update(passed=False)
    with pytest.raises(ValidationError, match="say why"):
        closing.accept(account, SEPTEMBER, "identities", by="ann", reason=" ")
    closing.accept(account, SEPTEMBER, "identities", by="ann", reason="bank fee, see ticket")
    closing.prepare(account, SEPTEMBER, by="ann")
    ready.checks.filter(number=1).update(passed=False)
    with pytest.raises(ValidationError, match="identities passed"):
        closing.prepare(account, SEPTEMBER, by="ann")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["labels", "booked", "is_over", "nonsense"])
def test_it_lets_nobody_accept_what_must_hold(ready, key):
    with pytest.raises(ValidationError, match="has to pass"):
        closing.accept(ready.account, SEPTEMBER, key, by="ann", reason="please")


@pytest.mark.django_db
def test_it_locks_a_statement_that_is_only_tied_with_the_month_that_accepts_what_is_not_matched(ready):
    Settlement.objects.update(state="tied")
    closing.prepare(ready.account, SEPTEMBER, by="ann")
    closing.lock(ready.account, SEPTEMBER, by="bob")
    held = Settlement.objects.get()
    assert (held.state, held.approved_by, held.approval_note) == ("locked", "ann", "with 2026-09, locked by bob")


@pytest.mark.django_db
def test_it_needs_two_people_to_lock(ready):
    with pytest.raises(ValidationError, match="not prepared yet"):
        closing.lock(ready.account, SEPTEMBER, by="bob")
    closing.prepare(ready.account, SEPTEMBER, by="ann")
    with pytest.raises(ValidationError, match="another person must lock it"):
        closing.lock(ready.account, SEPTEMBER, by="ann")
    month = closing.lock(ready.account, SEPTEMBER, by="bob")
    assert (month.state, month.prepared_by, month.locked_by) == (MonthState.LOCKED, "ann", "bob")
    statement = Settlement.objects.get()
    assert (statement.state, statement.approved_by, statement.approval_note) == (
        "locked", "ann", "with 2026-09, locked by bob",
    )  # fmt: skip
    assert set(Journal.objects.filter(month=SEPTEMBER).values_list("is_locked", flat=True)) == {True}
    for act in (closing.prepare, closing.lock):
        with pytest.raises(ValidationError, match="is locked since 2026-10-05 by bob"):
            act(ready.account, SEPTEMBER, by="cid")


@pytest.mark.django_db
def test_it_takes_a_prepared_month_back(ready):
    closing.prepare(ready.account, SEPTEMBER, by="ann")
    closing.withdraw(ready.account, SEPTEMBER)
    assert AccountMonth.objects.get().state == MonthState.OPEN


@pytest.mark.django_db
def test_it_never_builds_a_locked_month_again(locked, ready):
    before = list(Journal.objects.filter(month=SEPTEMBER).values_list("pk", "built_at", "debit"))
    AccountRule.objects.filter(purpose="storage").update(code="4281")
    booking.book([ready.pk])
    assert list(Journal.objects.filter(month=SEPTEMBER).values_list("pk", "built_at", "debit")) == before
    assert Journal.objects.exclude(month=SEPTEMBER).values_list("kind", flat=True).get() == "deposit"


@pytest.mark.django_db
def test_it_counts_open_differences_without_blocking(ready):
    Discrepancy.objects.create(
        account=ready.account, kind="short_paid", key="x", settlement=ready, severity="S2", first_seen_at=LATER,
        last_seen_at=LATER,
    )  # fmt: skip
    row = next(row for row in closing.rows(ready.account, SEPTEMBER) if row.spec.key == "cases")
    assert (row.passed, row.why, row.is_done) == (False, "still open: 1 short-paid", True)


@pytest.mark.django_db
def test_it_says_that_an_unseen_month_has_no_statements(account, noon):
    found = {row.spec.key: row.why for row in closing.rows(account, AUGUST)}
    assert found["all_there"] == "no statement of this month was seen"
