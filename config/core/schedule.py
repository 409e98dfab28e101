"""Compiles the job catalogue into beat rows, and lets an operator's override win."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from config.core import clock, tenancy
from config.core.jobs import JOBS, Job
from config.core.models import JobOverride

SWEEP = "core.sweep"
SWEEP_SECONDS = 15
SHORTEST_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Compiled:
    created: int
    switched_off: int


def compile_schedule() -> Compiled:
    """One beat row per job, none per client. Rows whose job is gone are switched off, never deleted. Idempotent."""
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
    interval, _ = IntervalSchedule.objects.get_or_create(every=every, period=IntervalSchedule.SECONDS)
    values = {
        "task": task, "args": json.dumps(args), "interval": interval, "enabled": is_enabled,
        "queue": "default", "expire_seconds": every,
    }  # fmt: skip
    _, is_new = PeriodicTask.objects.update_or_create(name=name, defaults=values)
    return int(is_new)


def next_run(job: Job, last: datetime | None) -> datetime | None:
    """When a job is expected to fire next, in product time; None when it runs only on demand."""
    if job.every is None:
        return None
    return (last or clock.now()) + job.every
