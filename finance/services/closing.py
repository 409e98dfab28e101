"""Closes a month of an account: one person prepares it, another one locks it, and then it stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from finance import checklist, closing
from finance.checklist import CHECKS, Finding, Row, Spec
from finance.models import (
    Acceptance,
    AccountMonth,
    Journal,
    MonthState,
    Settlement,
)
from finance.months import Month
from finance.selectors.journals import books
from finance.services import approvals, certificates, exports, journals
from marketplaces.models import Account


def about(account: Account, month: date) -> Month:
    """What the checks look at, read once."""
    return Month(account, closing.month_of(month), books())


def rows(account: Account, month: date) -> list[Row]:
    """The checklist of an account's month, each check with its acceptance where that still holds."""
    return looked_at(about(account, month))


def looked_at(of: Month) -> list[Row]:
    """`rows` of a month whose rows are read already, or will be wanted again."""
    found = Acceptance.objects.filter(month__account=of.account, month__month=of.month)
    accepted = {acceptance.check_key: acceptance for acceptance in found}
    return [_row(spec, finding, accepted.get(spec.key)) for spec, finding in checklist.look(of)]


def _row(spec: Spec, finding: Finding, acceptance: Acceptance | None) -> Row:
    if finding.passed or acceptance is None or acceptance.finding != finding.why[:300]:
        return Row(spec, finding.passed, finding.why)
    return Row(spec, finding.passed, finding.why, acceptance.accepted_by, acceptance.reason)


def accept(account: Account, month: date, key: str, *, by: str, reason: str) -> Acceptance:
    """Live with a failed check; it holds for as long as the check says the same."""
    if not reason.strip():
        raise ValidationError("say why; whoever reads the certificate will ask")
    spec = next((spec for spec in CHECKS if spec.key == key), None)
    if spec is None or not spec.is_acceptable:
        raise ValidationError("this check cannot be accepted; it has to pass")
    found = next(row for row in rows(account, month) if row.spec.key == key)
    if found.passed:
        raise ValidationError("this check passed; there is nothing to accept")
    with transaction.atomic():
        mine = _month(account, month)
        _refuse_locked(mine)
        made, _ = Acceptance.objects.update_or_create(
            month=mine, check_key=key,
            defaults={"finding": found.why[:300], "reason": reason.strip()[:300], "accepted_by": by, "accepted_at": clock.now()},
        )  # fmt: skip
    return made


def book(account: Account, month: date) -> dict[int, str]:
    """Build the entries of the month's statements again; returns those that cannot be booked with why."""
    return journals.book(about(account, month).ids)


def prepare(account: Account, month: date, *, by: str) -> AccountMonth:
    """Say that the month is ready; refused while a check fails that nobody accepted."""
    _refuse_failing(rows(account, month))
    with transaction.atomic():
        mine = _month(account, month)
        _refuse_locked(mine)
        mine.state, mine.prepared_by, mine.prepared_at = MonthState.CLOSING, by, clock.now()
        mine.save()
    return mine


def withdraw(account: Account, month: date) -> AccountMonth:
    """Take back that the month is ready."""
    with transaction.atomic():
        mine = _month(account, month)
        _refuse_locked(mine)
        mine.state, mine.prepared_by, mine.prepared_at = MonthState.OPEN, "", None
        mine.save()
    return mine


def lock(account: Account, month: date, *, by: str) -> AccountMonth:
    """Lock the month and certify it. Who prepared it cannot lock it; every check is looked at once more."""
    first = closing.month_of(month)
    with transaction.atomic():
        closing.hold(is_exclusive=True)
        mine = _month(account, first)
        _refuse_locked(mine)
        if mine.state != MonthState.CLOSING:
            raise ValidationError("this month was not prepared yet")
        if by == mine.prepared_by:
            raise ValidationError(f"{by} prepared this month; another person must lock it")
        of = about(account, first)
        found = looked_at(of)
        _refuse_failing(found)
        mine.state, mine.locked_by, mine.locked_at = MonthState.LOCKED, by, clock.now()
        mine.save()
        Journal.objects.filter(account=account, month=first).update(is_locked=True)
        _lock_statements(mine, of.statements)
        certificates.make(mine, of.statements, found, of.rounding)
    return mine


def export(account: Account, month: date, kind: str, *, by: str) -> str:
    """Write one of the files of the month; returns its name."""
    return exports.export(account, month, kind, by=by).name


def _month(account: Account, month: date) -> AccountMonth:
    mine, _ = AccountMonth.objects.get_or_create(account=account, month=closing.month_of(month))
    return AccountMonth.objects.select_for_update().select_related("account").get(pk=mine.pk)


def _refuse_locked(mine: AccountMonth) -> None:
    if mine.state == MonthState.LOCKED:
        raise ValidationError(f"{mine.month:%Y-%m} is locked since {mine.locked_at:%Y-%m-%d} by {mine.locked_by}")


def _refuse_failing(found: Sequence[Row]) -> None:
    failing = [f"{row.spec.title}: {row.why}" for row in found if not row.is_done]
    if failing:
        raise ValidationError([f"{len(failing)} checks do not hold", *failing])


def _lock_statements(mine: AccountMonth, statements: Sequence[Settlement]) -> None:
    """A statement is locked when each of its parts is."""
    open_parts = Journal.objects.filter(settlement__in=statements, is_locked=False).values("settlement")
    done = Settlement.objects.filter(pk__in=[row.pk for row in statements]).exclude(pk__in=open_parts)
    ids = list(done.values_list("pk", flat=True))
    approvals.lock(ids, by=mine.prepared_by, note=f"with {mine.month:%Y-%m}, locked by {mine.locked_by}")
