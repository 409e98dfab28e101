"""The Celery face of the job catalogue: one named task per job, and the ticks that fan out."""

from __future__ import annotations

from datetime import datetime, timedelta
from zlib import crc32

from celery import Celery, Task, shared_task
from django.db import connection
from django.db.models.functions import Now

from config.core import clock, paces, runner, tenancy, work
from config.core.jobs import JOBS, SCOPES, Job, Scope, Target
from config.core.models import Heartbeat

SPREAD_FROM = timedelta(minutes=15)


class TenantTask(Task):
    """A task that cannot run without naming a client: `public` must be said too."""

    def __call__(self, schema: str = "", item_id: int = 0) -> str:
        if not schema or not item_id:
            raise tenancy.MissingTenant(f"{self.name} was called without a client and a work item")
        return runner.run(schema, item_id)


def register(app: Celery) -> None:
    """Give every job of the catalogue a task under its own name, so that logs and limits show names."""
    for key, job in JOBS:
        limit = job.limit.total_seconds()
        options = {"name": key, "queue": job.queue, "soft_time_limit": limit, "time_limit": limit + 60}
        app.register_task(type("JobTask", (TenantTask,), options)())


def beat(name: str) -> None:
    """Leave a sign of life, in real time."""
    with tenancy.in_public():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": Now()})


@shared_task(name="core.dispatch", queue="default")
def dispatch(job_key: str) -> int:
    """A tick of beat: a public job becomes one item, any other one fan-out message per active client."""
    job = JOBS.get(job_key)
    if job.scope is Scope.PUBLIC:
        with tenancy.in_public():
            return int(work.enqueue(job, account_id=None, kwargs={}) is not None)
    tenants = tenancy.every_tenant()
    for tenant in tenants:
        fan_out.delay(job_key, tenant.schema_name)
    return len(tenants)


@shared_task(name="core.fan_out", queue="default")
def fan_out(job_key: str, schema: str) -> int:
    """One item per account (or one for the client), spread over the first tenth of the interval."""
    job = JOBS.get(job_key)
    with tenancy.in_tenant(schema):
        targets = SCOPES.get("account")(job) if job.scope is Scope.ACCOUNT else [Target(None)]
        made = [
            work.enqueue(job, account_id=t.account_id, kwargs=t.kwargs, due_at=_spread(job, schema, t))
            for t in paces.on_time(job, targets)
        ]
    return sum(item is not None for item in made)


def _spread(job: Job, schema: str, target: Target) -> datetime:
    """Jobs that run often start at once; the others over the first tenth of their interval."""
    if job.every is None or job.every <= SPREAD_FROM:
        return clock.now()
    share = crc32(f"{job.key}:{schema}:{target.account_id}".encode()) / 2**32
    return clock.now() + job.every / 10 * share


@shared_task(name="core.sweep", queue="default")
def sweep() -> int:
    """Send lost and due items of every client again."""
    sent = 0
    for tenant in tenancy.every_tenant():
        with tenancy.in_tenant(tenant.schema_name):
            sent += work.sweep()
    with tenancy.in_public():
        sent += work.sweep()
    connection.close_if_unusable_or_obsolete()
    return sent
