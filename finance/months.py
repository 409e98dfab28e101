"""One month of an account with everything that its checks, its page and its certificate look at, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from config.core import clock
from finance.classes import Scope
from finance.closing import next_month
from finance.models import (
    Books,
    Deposit,
    Discrepancy,
    DiscrepancyKind,
    DiscrepancyState,
    IdentityCheck,
    Journal,
    JournalExport,
    Settlement,
    SettlementLine,
)
from finance.selectors import months, rounding
from finance.selectors.rounding import RoundingMonth
from marketplaces.models import Account


class Month:
    """One account's month, with the rows that the checks look at; each is read once."""

    def __init__(self, account: Account, month: date, books: Books) -> None:
        self.account, self.month, self.books = account, month, books
        zone = account.zone()
        self.start: datetime = clock.day_bounds(month, zone)[0]
        self.end: datetime = clock.day_bounds(next_month(month), zone)[0]

    @cached_property
    def statements(self) -> list[Settlement]:
        """Statements whose period touches the month."""
        until = Coalesce("period_end", "imported_at")
        since = Coalesce("period_start", "period_end", "imported_at")
        found = Settlement.objects.filter(account=self.account).alias(since=since, until=until)
        return list(found.filter(until__gt=self.start, since__lt=self.end).order_by("period_end", "pk"))

    @cached_property
    def ids(self) -> list[int]:
        return [row.pk for row in self.statements]

    @property
    def lines(self) -> QuerySet[SettlementLine]:
        """Lines of these statements that were posted in the month, or at no known moment."""
        posted = Q(posted_at__gte=self.start, posted_at__lt=self.end) | Q(posted_at=None)
        return SettlementLine.objects.filter(posted, settlement__in=self.ids)

    @cached_property
    def rounding(self) -> Sequence[RoundingMonth]:
        """The rounding ledger of the month, per currency."""
        return rounding.of_month(self.account.pk, self.month, lines=self.lines, limit=self.books.rounding_limit)

    @cached_property
    def checks(self) -> list[IdentityCheck]:
        """Every identity of these statements."""
        found = IdentityCheck.objects.filter(settlement__in=self.ids).select_related("settlement")
        return list(found.order_by("settlement__period_end", "settlement", "number"))

    @cached_property
    def parked(self) -> list[dict[str, Any]]:
        """Rows of unknown label, and those that nothing matches, summed per label and import."""
        waiting = self.lines.filter(Q(line_class="unknown") | Q(scope=Scope.QUARANTINE)).order_by()
        sums = waiting.values("line_class", "label_text", "settlement__imported_at")
        return [dict(row) for row in sums.annotate(count=Count("pk"), money=Sum("amount")).order_by("money")]

    @cached_property
    def deposits(self) -> list[Deposit]:
        """Bookings that pay these statements, and bookings of the month that have no entry (`waits`)."""
        days = {"booked_on__gte": self.month, "booked_on__lt": next_month(self.month)}
        waits = Q(account=self.account, **days) & ~Q(Exists(Journal.objects.filter(deposit=OuterRef("pk"))))
        found = Deposit.objects.filter(Q(settlement__in=self.ids) | waits)
        return list(found.annotate(waits=waits).order_by("booked_on", "pk"))

    @cached_property
    def cases(self) -> list[dict[str, Any]]:
        """Open differences of these statements counted by kind, most first, and the keys of gaps that touch the month."""
        gap = Q(
            account=self.account, kind=DiscrepancyKind.STATEMENT_GAP, evidence__since__lt=self.end.isoformat(),
            evidence__until__gt=self.start.isoformat(),
        )  # fmt: skip
        mine = Q(settlement__in=self.ids)
        found = Discrepancy.objects.filter(mine | gap, state=DiscrepancyState.OPEN).values("kind")
        keys = ArrayAgg("key", filter=gap, default=Value([]))
        return [
            dict(row) for row in found.annotate(count=Count("pk", filter=mine), gaps=keys).order_by("-count", "kind")
        ]

    @cached_property
    def entries(self) -> tuple[int, datetime | None]:
        """How many entries of the books the month has, and when the last one was built."""
        told = Journal.objects.filter(account=self.account, month=self.month).aggregate(
            n=Count("pk"), at=Max("built_at")
        )
        return told["n"], told["at"]

    @cached_property
    def exports(self) -> list[JournalExport]:
        """Files that were made of the month, newest first."""
        return list(months.exports(account=self.account.pk, month=self.month))
