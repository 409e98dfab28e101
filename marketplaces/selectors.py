"""Questions about accounts, their flows, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from marketplaces import registry
from marketplaces.canonical import FeeTariff
from marketplaces.models import (
    Account,
    Command,
    CommandState,
    Gap,
    GapKind,
    GapState,
    RawPage,
    SyncRun,
    SyncState,
)


def accounts() -> QuerySet[Account]:
    return Account.objects.order_by("label")


def tariffs() -> dict[str, tuple[FeeTariff, ...]]:
    """The fee schedule that each marketplace publishes, by its key; empty where none is known."""
    return {adapter.key: registry.tariff(adapter.key) for adapter in registry.all_adapters()}


def routes() -> list[tuple[int, str, str]]:
    """Account, storefront and the marketplace's pool that ships what is ordered there, where that is known."""
    found = []
    for account in Account.objects.order_by("pk"):
        if registry.known(account.marketplace):
            stores = {store.code: store.pool for store in registry.get(account.marketplace).stores if store.pool}
            found += [(account.pk, code, stores[code]) for code in account.stores if code in stores]
    return found


def account_ids() -> Mapping[str, int]:
    """Primary key of every account by its key."""
    return dict(Account.objects.values_list("key", "pk"))


def runs(*, account_id: int | None = None, resource: str = "", state: str = "") -> QuerySet[SyncRun]:
    """Runs of the pipeline, newest first."""
    given = {"account": account_id, "resource": resource, "state": state}
    wanted = {name: value for name, value in given.items() if value}
    return SyncRun.objects.filter(**wanted).select_related("account").order_by("-started_at", "-pk")


def page(*, pk: int) -> RawPage | None:
    """One archived page, or None when it is past retention."""
    return RawPage.objects.filter(pk=pk).first()


def commands() -> QuerySet[Command]:
    """Everything that was written, or is wanted to be, with its account."""
    return Command.objects.select_related("account")


def commands_about(*, account_id: int, subject: str) -> QuerySet[Command]:
    """What we wrote, or wanted to write, about a subject, newest first."""
    return Command.objects.filter(account=account_id, subject=subject).order_by("-planned_at", "-pk")


def flows() -> QuerySet[SyncState]:
    """Every flow that was ever started, with its account, in stable order."""
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


def absences(*, resource: str) -> QuerySet[Gap, tuple[int, datetime, datetime | None]]:
    """Account, and from when until when each record was missing; those that the marketplace does not know are left out."""
    missing = Gap.objects.filter(resource=resource, kind=GapKind.RECORD).exclude(state=GapState.UNFILLABLE)
    return missing.values_list("account_id", "found_at", "filled_at")


def missing_orders() -> QuerySet[Gap, Any]:
    """Per account, orders that another source spoke of and that have not come: how many, and since when the first."""
    open_ones = Gap.objects.filter(resource="orders", kind=GapKind.RECORD, state=GapState.OPEN).order_by("account")
    accounts = open_ones.values("account", "account__key", "account__label")
    return accounts.annotate(count=Count("pk"), oldest=Min("found_at"))
