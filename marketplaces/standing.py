"""How each flow stands now, in as many queries for a hundred accounts as for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery

from config.core import clock
from config.core.models import WorkItem, WorkState
from marketplaces import registry
from marketplaces.contract import Adapter, Resource
from marketplaces.models import (
    Account,
    AccountStatus,
    Gap,
    GapState,
    RejectedRow,
    RejectedState,
    RunState,
    SyncRun,
    SyncState,
)
from marketplaces.sync import window

LATE_FROM = 0.8
FAILING_FROM = 3
Place = tuple[int, str]


class Tone(StrEnum):
    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A flow's state in a word, its colour, and the reason for a person."""

    word: str
    tone: Tone
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One flow: what is declared, how far it has come, its newest run, and what waits. `age` in seconds."""

    account: Account
    resource: Resource
    state: SyncState | None
    run: SyncRun | None
    gaps: int
    rejected: int
    is_asked_for: bool
    now: datetime

    @property
    def age(self) -> float | None:
        """Seconds since the last good run; None before the first."""
        if self.state is None or self.state.last_ok_at is None:
            return None
        return (self.now - self.state.last_ok_at).total_seconds()

    @property
    def is_paused(self) -> bool:
        return bool(self.state and self.state.is_paused)

    @property
    def verdict(self) -> Verdict:
        if self.account.status == AccountStatus.BROKEN:
            return Verdict("refused", Tone.BAD, self.account.status_reason)
        if self.account.is_paused:
            return Verdict("paused", Tone.WATCH, self.account.status_reason)
        if self.state is None or self.age is None:
            return Verdict("not read yet", Tone.PLAIN, self.state.last_error if self.state else "")
        if self.is_paused:
            return Verdict("paused", Tone.WATCH, self.state.pause_reason)
        return self._by_runs() or self._by_age(self.age)

    def _by_runs(self) -> Verdict | None:
        if self.run and self.run.state == RunState.STOPPED:
            return Verdict("stopped", Tone.BAD, self.run.error)
        failures = self.state.failures_in_a_row if self.state else 0
        if not failures or self.state is None:
            return None
        tone = Tone.BAD if failures >= FAILING_FROM else Tone.WATCH
        return Verdict(f"failed {failures}×", tone, self.state.last_error)

    def _by_age(self, age: float) -> Verdict:
        budget = self.resource.fresh_for.total_seconds()
        if age > budget:
            return Verdict("too old", Tone.BAD, "older than its marketplace's data may be")
        return Verdict("late", Tone.WATCH) if age > budget * LATE_FROM else Verdict("fine", Tone.GOOD)

    @property
    def needs_someone(self) -> bool:
        return self.verdict.tone is Tone.BAD or bool(self.gaps or self.rejected)


@dataclass(frozen=True, slots=True)
class Group:
    """An account with its flows in the order of its marketplace's declaration."""

    account: Account
    adapter: Adapter
    flows: Sequence[Standing]

    @property
    def worst(self) -> Tone:
        tones = {flow.verdict.tone for flow in self.flows}
        return next((tone for tone in (Tone.BAD, Tone.WATCH, Tone.PLAIN) if tone in tones), Tone.GOOD)


def everything(found: QuerySet[Account] | None = None) -> list[Group]:
    """Every account with all flows that its marketplace offers, by label."""
    accounts = list((found if found is not None else Account.objects.all()).order_by("label"))
    states = {(flow.account_id, flow.resource): flow for flow in _states(accounts)}
    runs = SyncRun.objects.in_bulk([flow.newest_run for flow in states.values() if flow.newest_run])
    gaps = _count(Gap.objects.filter(state=GapState.OPEN, account__in=accounts))
    rejected = _count(RejectedRow.objects.filter(state=RejectedState.OPEN, account__in=accounts))
    asked, now = _asked_for(), clock.now()

    def stand(account: Account, resource: Resource) -> Standing:
        place = (account.pk, resource.key)
        state = states.get(place)
        return Standing(
            account=account, resource=resource, state=state, run=runs.get(state.newest_run) if state else None,
            gaps=gaps[place], rejected=rejected[place], is_asked_for=place in asked, now=now,
        )  # fmt: skip

    return [
        Group(account, adapter, [stand(account, resource) for resource in _offered(adapter)])
        for account in accounts
        if registry.known(account.marketplace)
        for adapter in [registry.get(account.marketplace)]
    ]


def one(account: Account, resource: str) -> Standing | None:
    """One flow, or None where the account's marketplace does not offer the resource."""
    groups = everything(Account.objects.filter(pk=account.pk))
    flows = (flow for group in groups for flow in group.flows if flow.resource.key == resource)
    return next(flows, None)


def _offered(adapter: Adapter) -> list[Resource]:
    return [resource for resource in adapter.resources if resource.needs <= adapter.capabilities]


def _states(accounts: Sequence[Account]) -> QuerySet[Any]:
    """Flows with `newest_run`, the id of their newest run."""
    mine = SyncRun.objects.filter(account=OuterRef("account"), resource=OuterRef("resource"))
    newest = mine.order_by("-started_at").values("pk")[:1]
    return SyncState.objects.filter(account__in=accounts).annotate(newest_run=Subquery(newest))


def _count(rows: QuerySet[Gap] | QuerySet[RejectedRow]) -> Counter[Place]:
    found = rows.order_by().values_list("account_id", "resource").annotate(Count("pk"))
    return Counter({(account, resource): count for account, resource, count in found})


def _asked_for() -> set[Place]:
    """Flows with a pull that waits or runs."""
    waiting = WorkItem.objects.filter(state__in=[WorkState.READY, WorkState.LEASED], job__startswith="pull.")
    found = waiting.values_list("job", "account_id")
    return {(account, job.rpartition(".")[2]) for job, account in found if account is not None}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a time bar, in percent of its width."""

    left: float
    width: float
    kind: str
    since: datetime
    until: datetime


def coverage(flow: Standing) -> tuple[datetime, list[Segment]]:
    """Where reading began, and the spans since then that were read or are known to be missing."""
    account, now = flow.account, flow.now
    first = window.oldest(flow.resource, account.connected_at or now, account.history_from)
    return first, [*_segments(flow.state.covered if flow.state else (), "read", first, now), *_holes(flow, first)]


def _holes(flow: Standing, first: datetime) -> Iterator[Segment]:
    holes = Gap.objects.filter(account=flow.account, resource=flow.resource.key, since__isnull=False)
    for state in (GapState.OPEN, GapState.UNFILLABLE):
        spans = [gap.span for gap in holes.filter(state=state)[:200]]
        yield from _segments(spans, str(state.value), first, flow.now)


def _segments(
    spans: Sequence[tuple[datetime, datetime]], kind: str, first: datetime, now: datetime
) -> Iterator[Segment]:
    whole = max(now - first, timedelta(seconds=1))
    for since, until in spans:
        start, end = max(since, first), min(until, now)
        if start < end:
            yield Segment((start - first) / whole * 100, (end - start) / whole * 100, kind, since, until)
