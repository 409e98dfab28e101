"""Questions about accounts and their flows, for those above."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from marketplaces.models import Account, Command, CommandState, Gap, SyncRun, SyncState


def accounts() -> QuerySet[Account]:
    return Account.objects.order_by("pk")


def flows() -> QuerySet[SyncState]:
    """Every account's every resource, with its account."""
    return SyncState.objects.select_related("account").order_by("account_id", "resource")


def failed_commands(*, since: datetime) -> QuerySet[Command]:
    """Writes planned since a moment that were refused or parked."""
    return Command.objects.filter(state__in=(CommandState.REJECTED, CommandState.PARKED), planned_at__gte=since)


def flows_of_runs(*, ids: Iterable[int]) -> QuerySet[SyncRun, tuple[int, str]]:
    """Account and resource of each run."""
    return SyncRun.objects.filter(pk__in=ids).values_list("account_id", "resource")


def flows_of_gaps(*, ids: Iterable[int]) -> QuerySet[Gap, tuple[int, str]]:
    """Account and resource of each gap."""
    return Gap.objects.filter(pk__in=ids).values_list("account_id", "resource")


def accounts_of_commands(*, ids: Iterable[int]) -> QuerySet[Command, int]:
    """The account of each write."""
    return Command.objects.filter(pk__in=ids).values_list("account_id", flat=True)
