"""Which months are locked. Whoever writes figures of a day asks here first; what comes too late is noted instead.

A month is a calendar month in the zone of the account's main storefront; a day here is a day in that zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from config.core import clock, tenancy
from finance.models import AccountMonth, MonthState, Restatement, RestatementKind


def month_of(day: date) -> date:
    """The first day of the month of a day."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def former_month(month: date) -> date:
    """The first day of the month before."""
    return month_of(month - timedelta(days=1))


def is_locked(account_id: int, day: date) -> bool:
    return AccountMonth.objects.filter(account=account_id, month=month_of(day), state=MonthState.LOCKED).exists()


def locked_months(*, account_ids: Iterable[int] | None = None) -> frozenset[tuple[int, date]]:
    """Account and first day of every locked month, of all accounts or of these."""
    found = AccountMonth.objects.filter(state=MonthState.LOCKED)
    if account_ids is not None:
        found = found.filter(account__in=account_ids)
    return frozenset(found.values_list("account_id", "month"))


def first_open(account_id: int, day: date) -> date:
    """The month that takes what belongs to this day: its own, or the first one after it that is not locked."""
    month = month_of(day)
    locked = {when for _, when in locked_months(account_ids=[account_id])}
    while month in locked:
        month = next_month(month)
    return month


def locked_sql(account: str, day: str) -> str:
    """An SQL condition that holds where the month of a day is locked; both are SQL expressions of the caller."""
    return (
        "EXISTS (SELECT FROM finance_accountmonth shut WHERE shut.state = 'locked'"
        f" AND shut.account_id = {account} AND shut.month = date_trunc('month', {day})::date)"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """What became known about a locked month; `amount` is the change in `currency`, None where it cannot be told."""

    account_id: int
    month: date
    kind: RestatementKind
    reference: str
    amount: Decimal | None = None
    currency: str = ""
    booked_month: date | None = None
    reason: str = ""
    by: str = ""


def note(facts: Iterable[Late]) -> int:
    """Write down what changed about locked months, each fact once; returns how many were given."""
    now = clock.now()
    rows = [
        Restatement(
            account_id=fact.account_id, month=month_of(fact.month), kind=fact.kind, reference=fact.reference[:200],
            amount=fact.amount, currency=fact.currency, booked_month=fact.booked_month, reason=fact.reason[:300],
            noted_by=fact.by[:150], noted_at=now,
        )
        for fact in facts
    ]  # fmt: skip
    Restatement.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def hold(*, is_exclusive: bool) -> None:
    """Within this transaction, keep months from being locked while something is booked, and the other way round."""
    tenancy.take_turn("months", is_shared=not is_exclusive)
