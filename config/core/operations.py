"""What people do to jobs: run one now, change its cadence with a reason, give parked work a fresh start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django_tenants.utils import get_public_schema_name

from config.core import schedule, tasks, tenancy, work
from config.core.jobs import JOBS, SCOPES, Job, Scope, Target
from config.core.models import JobOverride, WorkItem, WorkState

SHORTEST = timedelta(seconds=schedule.SHORTEST_SECONDS)


def is_shared() -> bool:
    """Whether we are on the installation's own host, where decisions hold for every client."""
    return tenancy.schema() == str(get_public_schema_name())


def run_now(job: Job) -> int:
    """Ask for one run outside the cadence, here or (on the installation's host) for every client.

    Returns how many pieces of work are new. Work that needs arguments cannot be started by hand.
    """
    if job.every is None:
        raise ValidationError(f"{job.key} runs only when something asks for it, with arguments")
    if is_shared():
        return int(tasks.dispatch(job.key))
    if job.scope is Scope.PUBLIC:
        raise ValidationError(f"{job.key} belongs to the installation; an operator runs it")
    targets: Iterable[Target] = SCOPES.get("account")(job) if job.scope is Scope.ACCOUNT else [Target(None)]
    with transaction.atomic():
        made = [work.enqueue(job, account_id=target.account_id, kwargs=target.kwargs) for target in targets]
    return sum(item is not None for item in made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An operator's word about a job; `every` None keeps the declared cadence."""

    is_enabled: bool
    every: timedelta | None
    reason: str
    by: str


def override(job: Job, decision: Decision) -> JobOverride:
    """Let a decision win over the declaration, for every client, and write the schedule anew."""
    if not decision.reason.strip():
        raise ValidationError("say why; the next person will ask")
    if decision.every is not None and decision.every < SHORTEST:
        raise ValidationError(f"the shortest cadence is {schedule.SHORTEST_SECONDS} seconds")
    with tenancy.in_public():
        kept, _ = JobOverride.objects.update_or_create(
            job=job.key,
            defaults={
                "is_enabled": decision.is_enabled, "reason": decision.reason[:200], "decided_by": decision.by,
                "every_seconds": int(decision.every.total_seconds()) if decision.every else None,
            },
        )  # fmt: skip
        schedule.compile_schedule()
    return kept


def seconds(count: int | None) -> timedelta | None:
    return timedelta(seconds=count) if count else None


def forget_override(key: str) -> None:
    """Go back to what is declared, if the job is declared at all."""
    with tenancy.in_public():
        JobOverride.objects.filter(job=key).delete()
        schedule.compile_schedule()


def replay(ids: Iterable[int]) -> int:
    """Give parked work a fresh start; returns how much of it was parked."""
    with transaction.atomic():
        found = WorkItem.objects.select_for_update().filter(pk__in=list(ids), state=WorkState.DEAD)
        items = [item for item in found.order_by("pk") if item.job in JOBS and not _is_open(item)]
        for item in items:
            work.replay(item)
    return len(items)


def _is_open(item: WorkItem) -> bool:
    """Whether the same work was asked for again since, so that a second copy would only repeat it."""
    waiting = WorkItem.objects.filter(dedupe_key=item.dedupe_key, state__in=[WorkState.READY, WorkState.LEASED])
    return waiting.exists()
