"""Compiles the job catalogue into beat rows, and lets an operator's override win."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from config.core import clock, tenancy
from config.core.jobs import JOBS, Job
from config.core.models import JobOverride, JobRun

SWEEP = "core.sweep"
SWEEP_SECONDS = 15
SHORTEST_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Compiled:
    created: int
    switched_off: int


def compile_schedule() -> Compiled:
    """One beat row per job, none per client; a new one is due at once. Rows whose job is gone are switched off, never
    deleted. Idempotent.
    """
    with tenancy.in_public():
        overrides = {o.job: o for o in JobOverride.objects.all()}
        wanted = {job.key: job for _, job in JOBS if job.every}
        created = sum(_put(job, overrides.get(job.key)) for job in wanted.values())
        created += _put_row(SWEEP, SWEEP, [], SWEEP_SECONDS, is_enabled=True)
        gone = PeriodicTask.objects.filter(task="core.dispatch", enabled=True).exclude(name__in=wanted)
        switched_off = gone.update(enabled=False)
        PeriodicTasks.update_changed()
    return Compiled(created, switched_off)


def _put(job: Job, override: JobOverride | None) -> int:
    declared = job.every.total_seconds() if job.every else 0
    seconds = (override.every_seconds if override and override.every_seconds else declared) / clock.speed()
    is_enabled = override.is_enabled if override else True
    return _put_row(job.key, "core.dispatch", [job.key], seconds, is_enabled=is_enabled)


def _put_row(name: str, task: str, args: list[str], seconds: float, *, is_enabled: bool) -> int:
    every = max(SHORTEST_SECONDS, round(seconds))
    long_ago = clock.real_now() - timedelta(seconds=every)
    interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.SECONDS)
    values = {
        "task": task, "args": json.dumps(args), "interval": interval, "enabled": is_enabled,
        "queue": "default", "expire_seconds": every,
    }  # fmt: skip
    _, is_new = PeriodicTask.objects.update_or_create(
        name=name, defaults=values, create_defaults={**values, "last_run_at": long_ago}
    )
    return int(is_new)


def last_runs() -> dict[str, JobRun]:
    """The latest run of each job over all clients."""
    newest: dict[str, JobRun] = {}
    for run in sorted(_latest_per_client(), key=lambda run: run.started_at):
        newest[run.job] = run
    return newest


def _latest_per_client() -> Iterator[JobRun]:
    for schema in ["public", *(tenant.schema_name for tenant in tenancy.every_tenant())]:
        with tenancy.in_public() if schema == "public" else tenancy.in_tenant(schema):
            yield from JobRun.objects.order_by("job", "-started_at").distinct("job")


def count_from_last_runs() -> None:
    """Let cadences go on from runs that the schedule did not start, instead of from the moment it was written."""
    ages = {key: clock.now() - run.started_at for key, run in last_runs().items()}
    with tenancy.in_public():
        for row in PeriodicTask.objects.filter(name__in=ages, enabled=True):
            last_run_at = clock.real_now() - ages[row.name] / clock.speed()
            PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=last_run_at)
        PeriodicTasks.update_changed()


def next_run(every: timedelta | None, last: datetime | None) -> datetime | None:
    """When a job of this cadence should fire next, in product time; None when that is now, or only on demand."""
    if every is None or last is None:
        return None
    following = last + every
    return following if following > clock.now() else None
