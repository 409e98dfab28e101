"""Questions about accounts, their flows, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from config.core import clock
from marketplaces import registry
from marketplaces.canonical import FeeTariff
from marketplaces.contract import Resource
from marketplaces.models import (
    Account,
    Command,
    CommandState,
    Gap,
    GapState,
    InboxEvent,
    RawPage,
    RejectedRow,
    RejectedState,
    SyncRun,
    SyncState,
    Traffic,
)


@dataclass(frozen=True, slots=True)
class FlowHealth:
    """How one flow stands. `lag` is the age of the last moment read, None when nothing was read yet."""

    account: Account
    resource: Resource
    state: SyncState | None
    lag: timedelta | None
    rejected: int
    gaps: int

    @property
    def is_stale(self) -> bool:
        """Whether what is stored is older than this kind of data may be."""
        return self.lag is None or self.lag > self.resource.fresh_for

    @property
    def is_failing(self) -> bool:
        return bool(self.state and self.state.failures_in_a_row)


def accounts() -> QuerySet[Account]:
    return Account.objects.order_by("label")


def tariffs() -> dict[str, tuple[FeeTariff, ...]]:
    """The fee schedule that each marketplace publishes, by its key; empty where none is known."""
    return {adapter.key: registry.tariff(adapter.key) for adapter in registry.all_adapters()}


def account_ids() -> Mapping[str, int]:
    """Primary key of every account by its key."""
    return dict(Account.objects.values_list("key", "pk"))


def sync_health(*, account: Account | None = None) -> list[FlowHealth]:
    """Every account by every resource that its marketplace declares, in stable order; four queries for any number."""
    found = [account] if account else list(accounts())
    states = {(s.account_id, s.resource): s for s in SyncState.objects.filter(account__in=found)}
    rejected = _count(RejectedRow.objects.filter(state=RejectedState.OPEN, account__in=found))
    gaps = _count(Gap.objects.filter(state=GapState.OPEN, account__in=found))
    now = clock.now()
    return [
        FlowHealth(a, r, states.get(k), _lag(states.get(k), now), rejected.get(k, 0), gaps.get(k, 0))
        for a in found
        if registry.known(a.marketplace)
        for r in registry.get(a.marketplace).resources
        for k in [(a.pk, r.key)]
    ]


def _lag(state: SyncState | None, now: datetime) -> timedelta | None:
    return now - state.covered[-1][1] if state and state.covered else None


def _count(found: QuerySet[RejectedRow] | QuerySet[Gap]) -> dict[tuple[int, str], int]:
    counted = found.order_by().values_list("account", "resource").annotate(Count("pk"))
    return {(account, resource): count for account, resource, count in counted}


def runs(*, account_id: int | None = None, resource: str = "", state: str = "") -> QuerySet[SyncRun]:
    """Runs of the pipeline, newest first."""
    given = {"account": account_id, "resource": resource, "state": state}
    wanted = {name: value for name, value in given.items() if value}
    return SyncRun.objects.filter(**wanted).select_related("account").order_by("-started_at", "-pk")


def runs_since(*, after: int, limit: int = 50) -> QuerySet[SyncRun]:
    """Runs with a higher number than `after`, newest first."""
    return SyncRun.objects.filter(pk__gt=after).select_related("account").order_by("-pk")[:limit]


def rejected_rows(*, state: str = RejectedState.OPEN) -> QuerySet[RejectedRow]:
    """Pieces that could not become rows, latest first."""
    return RejectedRow.objects.filter(state=state).select_related("account").order_by("-last_seen_at", "-pk")


def open_gaps() -> QuerySet[Gap]:
    return Gap.objects.filter(state=GapState.OPEN).select_related("account").order_by("found_at", "pk")


def page(*, pk: int) -> RawPage | None:
    """One archived page, or None when it is past retention."""
    return RawPage.objects.filter(pk=pk).first()


def pages_about(*, account_id: int, subject: str) -> QuerySet[RawPage]:
    """Archived pages that speak of `order:<id>` or `sku:<sku>`, oldest first; bodies are not loaded."""
    found = RawPage.objects.filter(account=account_id, subjects__contains=[subject])
    return found.defer("body").order_by("fetched_at", "pk")


def events_about(*, account_id: int, order_id: str) -> QuerySet[InboxEvent]:
    """What the marketplace pushed about an order, oldest first."""
    return InboxEvent.objects.filter(account=account_id, order_id=order_id).order_by("received_at", "pk")


def commands_about(*, account_id: int, subject: str) -> QuerySet[Command]:
    """What we wrote, or wanted to write, about a subject, newest first."""
    return Command.objects.filter(account=account_id, subject=subject).order_by("-planned_at", "-pk")


def traffic(*, account_id: int, since: datetime, until: datetime) -> QuerySet[Traffic]:
    """What was sent and answered in a span, newest first; bodies are not loaded."""
    found = Traffic.objects.filter(account=account_id, at__gte=since, at__lt=until)
    return found.defer("request_body", "response_body").order_by("-at", "-pk")


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
