"""What happens around the body of a job: claim, keep the lease alive, run, and translate the failure."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import redis
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from config.core import clock, tenancy, work
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Transient
from config.core.jobs import JOBS, Job
from config.core.models import JobOutcome, JobRun, WorkItem, WorkState
from config.core.registry import Registry

log = logging.getLogger(__name__)
ON_FAILURE: Registry[Callable[[WorkItem, NinefoldError, str], None]] = Registry("job failure hook")
HEARTBEAT_SECONDS = work.LEASE.total_seconds() / 4
AWAY = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)


def run(schema: str, item_id: int) -> str:
    """Run one work item of one client; returns the outcome, or `skipped` when there was nothing to claim."""
    if schema == "public":
        with tenancy.in_public():
            return _run_claimed(item_id)
    with tenancy.in_tenant(schema):
        return _run_claimed(item_id)


def _run_claimed(item_id: int) -> str:
    item = work.claim(item_id)
    if item is None:
        return "skipped"
    refusal = work.refusal(item)
    if refusal:
        return _refused(item, *refusal)
    job = JOBS.get(item.job)
    started, clocked = time.monotonic(), clock.now()
    outcome, code, message, counts = str(JobOutcome.OK), "", "", {}
    try:
        with _lease_kept(item):
            answer = import_string(job.call)(**_arguments(job, item))
        counts = answer if isinstance(answer, dict) else {}
        work.finish(item, WorkState.DONE)
    except Exception as error:
        known = error if isinstance(error, NinefoldError) else None
        outcome, code, message = _settle(item, job, error)
        log.log(
            logging.WARNING if known else logging.ERROR, "job_%s job=%s item=%s account=%s code=%s",
            outcome, item.job, item.pk, item.account_id, code, exc_info=None if known else error,
        )  # fmt: skip
    _keep_run(
        item, started_at=clocked, outcome=outcome, milliseconds=int((time.monotonic() - started) * 1000), code=code,
        message=message, counts=counts,
    )  # fmt: skip
    return outcome


def _refused(item: WorkItem, state: str, message: str) -> str:
    """Close a claimed row that must not run; one that died is told like any other failure."""
    work.finish(item, state, message)
    if state != WorkState.DEAD:
        return "skipped"
    error = NinefoldError(message, code="lost_worker" if item.lost else "attempts_spent")
    if item.job in JOBS:
        _tell(item, error, JobOutcome.LOST)
    log.warning("job_lost job=%s item=%s account=%s code=%s", item.job, item.pk, item.account_id, error.code)
    _keep_run(item, started_at=clock.now(), outcome=JobOutcome.LOST, code=error.code, message=message)
    return JobOutcome.LOST


def _tell(item: WorkItem, error: NinefoldError, outcome: str) -> None:
    for _, hook in ON_FAILURE:
        hook(item, error, outcome)


def _keep_run(item: WorkItem, *, message: str, **facts: Any) -> None:
    JobRun.objects.create(
        job=item.job, account_id=item.account_id, work_item_id=item.pk, message=message[:2000], **facts
    )


def _arguments(job: Job, item: WorkItem) -> dict[str, Any]:
    given = {**job.kwargs, **item.kwargs}
    return {"account_id": item.account_id, **given} if item.account_id is not None else given


def _settle(item: WorkItem, job: Job, error: Exception) -> tuple[str, str, str]:
    """Decide what follows: later for what heals, a person for what does not, dead when the budget is spent."""
    error = _healing(error)
    message = f"{error}" or type(error).__name__
    if isinstance(error, RateLimited):
        work.postpone(item, error.until, message, counts=False)
        return JobOutcome.RETRY, error.code, message
    if isinstance(error, Transient) and item.attempts < job.max_attempts:
        work.postpone(item, clock.now() + backoff(item.attempts), message)
        outcome = JobOutcome.RETRY
    else:
        work.finish(item, WorkState.DEAD, message)
        outcome = JobOutcome.PAUSED if isinstance(error, NeedsOperator) else JobOutcome.FAILED
    known = error if isinstance(error, NinefoldError) else NinefoldError(message, code=type(error).__name__)
    _tell(item, known, outcome)
    return outcome, known.code, message


def _healing(error: Exception) -> Exception:
    """A lost server of our own or a spent time limit heals by itself; everything else is taken as it is."""
    if isinstance(error, AWAY):
        if not tenancy.connection.in_atomic_block:
            tenancy.connection.close_if_unusable_or_obsolete()
        return Transient(f"a server of our own went away: {error}", code="server_away")
    if isinstance(error, SoftTimeLimitExceeded):
        return Transient("the run took longer than its limit", code="time_limit")
    return error


def backoff(attempt: int) -> timedelta:
    """Full jitter on 15 s doubled per attempt, at most 30 minutes."""
    return timedelta(seconds=random.uniform(5, min(15 * 2**attempt, 1800)))  # noqa: S311 - jitter, not a secret


@contextmanager
def _lease_kept(item: WorkItem) -> Iterator[None]:
    """Renew the lease from a thread with its own connection, so that a long body is not taken for a dead one."""
    done = threading.Event()
    tenant = tenancy.connection.tenant

    def beat() -> None:
        try:
            while not done.wait(HEARTBEAT_SECONDS):
                with suppress(OperationalError, InterfaceError):
                    tenancy.connection.close_if_unusable_or_obsolete()
                    tenancy.connection.set_tenant(tenant)
                    work.renew(item)
        finally:
            tenancy.connection.close()

    thread = threading.Thread(target=beat, daemon=True, name=f"lease-{item.pk}")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)
