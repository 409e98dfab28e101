"""Questions about months: the board of all accounts, and what happened to one month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from config.core import clock
from finance.closing import former_month, month_of
from finance.models import AccountMonth, Certificate, JournalExport, MonthState, Restatement, Settlement
from marketplaces.models import Account
from marketplaces.selectors import accounts

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """One month of one account on the board: its state, how many statements ended in it, how many are not explained."""

    month: date
    state: str
    statements: int
    unexplained: int

    @property
    def tone(self) -> str:
        if self.state == MonthState.LOCKED:
            return "good"
        return "bad" if self.unexplained else "watch" if self.state == MonthState.CLOSING else "plain"


@dataclass(frozen=True, slots=True)
class BoardRow:
    account: Account
    cells: Sequence[Cell]


def recent_months(count: int = SHOWN) -> list[date]:
    """The current month and those before it, oldest first."""
    month, found = month_of(clock.now().date()), []
    for _ in range(count):
        found.append(month)
        month = former_month(month)
    return found[::-1]


def board(months: Sequence[date]) -> list[BoardRow]:
    """Every account by these months; three queries for any number."""
    states = {(m.account_id, m.month): m.state for m in AccountMonth.objects.filter(month__in=months)}
    ended = Settlement.objects.filter(period_end__date__gte=months[0]).values("account", when=TruncMonth("period_end"))
    counted = ended.annotate(count=Count("pk"), bad=Count("pk", filter=~Q(residual=0) | Q(residual=None))).order_by()
    counts = {(row["account"], row["when"].date()): (row["count"], row["bad"]) for row in counted}
    return [
        BoardRow(a, [Cell(m, states.get((a.pk, m), MonthState.OPEN), *counts.get((a.pk, m), (0, 0))) for m in months])
        for a in accounts()
    ]


def month_row(*, account: int, month: date) -> AccountMonth | None:
    """The month with its certificate, where it has one; what is certified is not read."""
    found = AccountMonth.objects.select_related("account", "certificate").defer("certificate__body")
    return found.filter(account=account, month=month).first()


def months() -> QuerySet[AccountMonth]:
    """Months that someone worked on, newest first."""
    return AccountMonth.objects.select_related("account").order_by("-month", "-pk")


def certificate(*, account: int, month: date) -> Certificate | None:
    return Certificate.objects.filter(month__account=account, month__month=month).first()


def exports(*, account: int | None = None, month: date | None = None) -> QuerySet[JournalExport]:
    """Files that left the house, newest first, without their bodies."""
    found = JournalExport.objects.select_related("account").defer("body").order_by("-made_at", "-pk")
    if account is not None:
        found = found.filter(account=account)
    return found if month is None else found.filter(month=month)


def restatements(*, account: int | None = None, month: date | None = None) -> QuerySet[Restatement]:
    """What changed about locked months afterwards; with a month, what is about it or is booked in it."""
    found = Restatement.objects.select_related("account").order_by("-noted_at", "-pk")
    if account is not None:
        found = found.filter(account=account)
    return found if month is None else found.filter(Q(month=month) | Q(booked_month=month))
