"""The queue of record: rows in PostgreSQL are the truth, the broker only carries their ids."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from psycopg.errors import LockNotAvailable

from config.core import clock, tenancy
from config.core.jobs import JOBS, Job
from config.core.models import WorkItem, WorkState

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.WORK_LEASE_S)
LONGEST_NAME = 250
RESEND_AFTER_SECONDS = settings.WORK_LEASE_S * 2 // 3
_INSERT = """
    INSERT INTO core_workitem (job, account_id, dedupe_key, queue, kwargs, state, due_at, expires_at,
                               leased_by, attempts, lost, last_error, created_at)
    VALUES (%s, %s, %s, %s, %s::jsonb, 'ready', %s, %s, '', 0, 0, '', %s)
    ON CONFLICT (dedupe_key) WHERE state IN ('ready', 'leased') """
_ASK = f"{_INSERT} DO NOTHING RETURNING id"
_ASK_AGAIN = f"""{_INSERT} DO UPDATE SET
        wanted_at = CASE core_workitem.state WHEN 'leased' THEN LEAST(core_workitem.wanted_at, excluded.due_at) END,
        due_at = CASE core_workitem.state WHEN 'ready' THEN excluded.due_at ELSE core_workitem.due_at END
    WHERE core_workitem.state = 'leased' OR (core_workitem.due_at > excluded.due_at AND core_workitem.last_error = '')
    RETURNING CASE WHEN core_workitem.wanted_at IS NULL THEN core_workitem.id END
"""
_WAIT_BRIEFLY = "SET LOCAL lock_timeout = '1s'"
_CLAIM = """
    UPDATE core_workitem AS item SET
        lost = item.lost + former.lost,
        wanted_at = CASE WHEN former.lost = 1 AND item.lost >= 1 THEN item.wanted_at END,
        state = CASE WHEN former.lost = 1 AND item.lost >= 1 THEN 'dead' ELSE 'leased' END,
        attempts = item.attempts + 1, lease_until = now() + make_interval(secs => %(lease)s), leased_by = %(worker)s
    FROM (SELECT id, (state = 'leased' AND lease_until - make_interval(secs => %(lease)s) >= pg_postmaster_start_time()
                      )::int AS lost FROM core_workitem WHERE id = %(id)s
          AND ((state = 'ready' AND due_at <= %(now)s) OR (state = 'leased' AND lease_until < now()))
          FOR UPDATE) AS former
    WHERE item.id = former.id RETURNING item.state
"""


def later(
    key: str, *, account_id: int | None = None, dedupe: str = "", due_at: datetime | None = None, **kwargs: Any
) -> int | None:
    """Ask for one run of a job after the commit, in the current client; the one door for services.

    Returns the row's id, or None when the same work (`dedupe`, else job, account and arguments) is open already. Where
    that runs by the time of the commit, it may have missed what the commit brings: then it runs once more. Where it
    waits for a later time it is brought forward, unless it was put back after a failure.
    """
    job = JOBS.get(key)
    wish = _wish(job, account_id, dedupe or _usual_name(job, account_id, kwargs), due_at, kwargs)
    made = _insert(_ASK, wish)
    if made is None:
        schema = tenancy.schema()
        transaction.on_commit(lambda: _ask_again(schema, wish))
    return made


def enqueue(
    job: Job, *, account_id: int | None, kwargs: Mapping[str, Any], due_at: datetime | None = None
) -> int | None:
    """Ask for a run because its time has come; what is open already, waiting or running, is enough."""
    return _insert(_ASK, _wish(job, account_id, _usual_name(job, account_id, kwargs), due_at, kwargs))


@dataclass(frozen=True, slots=True)
class _Wish:
    """The values of a row that is asked for."""

    job: str
    account_id: int | None
    name: str
    queue: str
    arguments: str
    due_at: datetime
    expires_at: datetime | None


def _wish(job: Job, account_id: int | None, name: str, due_at: datetime | None, kwargs: Mapping[str, Any]) -> _Wish:
    due = due_at or clock.now()
    expires = due + job.expires if job.expires else None
    return _Wish(job.key, account_id, _name(name, job), job.queue, _text(kwargs), due, expires)


def _insert(statement: str, wish: _Wish) -> int | None:
    """Insert the row in the caller's transaction and send its id when that commits."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*astuple(wish), now])
        found = cursor.fetchone()
    if found is None or found[0] is None:
        return None
    if wish.due_at <= now:
        schema = tenancy.schema()
        transaction.on_commit(lambda: send(schema, wish.job, wish.queue, found[0]))
    return int(found[0])


def _ask_again(schema: str, wish: _Wish) -> None:
    """Outside any transaction, so that the running row is held for a moment only."""
    if tenancy.schema() != schema:
        raise tenancy.MissingTenant(f"work of {schema!r} would have been asked for in {tenancy.schema()!r}")
    _insert(_ASK_AGAIN, wish)


def _usual_name(job: Job, account_id: int | None, kwargs: Mapping[str, Any]) -> str:
    return f"{job.key}:{account_id or ''}:{_text(kwargs)}"


def _text(kwargs: Mapping[str, Any]) -> str:
    return json.dumps(dict(kwargs), sort_keys=True, default=str)


def _name(wanted: str, job: Job) -> str:
    """What makes two wishes the same; a long one ends in its hash, so that different wishes never meet in one name."""
    if job.per_transaction:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            wanted = f"{cursor.fetchone()[0]}:{wanted}"
    if len(wanted) <= LONGEST_NAME:
        return wanted
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    return f"{wanted[: LONGEST_NAME - len(digest) - 1]}:{digest}"


def send(schema: str, job: str, queue: str, item_id: int) -> None:
    """Hand the id to the broker; when the broker is away the sweeper sends it again."""
    WorkItem.objects.filter(pk=item_id).update(sent_at=Now())
    try:
        current_app.send_task(job, args=[schema, item_id], queue=queue, ignore_result=True, retry=False)
    except OperationalError:
        log.warning("broker_away job=%s item=%s", job, item_id)
        WorkItem.objects.filter(pk=item_id).update(sent_at=None)


def claim(item_id: int) -> WorkItem | None:
    """Take the row if it is due and nobody has it. A lease lost once is taken again; lost twice, the row comes DEAD.

    Whoever marks the row holds it for a moment; we wait for that, as a message that gives up is a message lost. Who
    holds it longer does its work too (`absorb`). A lease from before the database's last start was lost with the
    database, which is no fault of the work.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}"
    wanted: dict[str, Any] = {"id": item_id, "now": clock.now(), "lease": LEASE.total_seconds(), "worker": worker}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_WAIT_BRIEFLY)
            cursor.execute(_CLAIM, wanted)
            found = cursor.fetchone()
    except DatabaseError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return None
        raise
    return None if found is None else WorkItem.objects.get(pk=item_id)


def refusal(item: WorkItem) -> tuple[str, str] | None:
    """The state and sentence that end a claimed row which must not run."""
    if item.state == WorkState.DEAD:
        return WorkState.DEAD, "lost its worker twice; look at its arguments, then replay it"
    if item.job not in JOBS:
        return WorkState.DEAD, f"no job is called {item.job!r} any more"
    if item.attempts > JOBS.get(item.job).max_attempts:
        return WorkState.DEAD, "used up its attempts without an answer; look at its arguments, then replay it"
    if item.expires_at and item.expires_at < clock.now():
        return WorkState.DONE, "expired before a worker was free"
    return None


def renew(item: WorkItem) -> bool:
    """Prolong the lease; False when another worker owns the row by now."""
    return bool(_mine(item).filter(state=WorkState.LEASED).update(lease_until=Now() + LEASE))


def _mine(item: WorkItem) -> QuerySet[WorkItem]:
    """The row as long as nobody claimed it after us: a worker that was taken for dead changes nothing any more."""
    return WorkItem.objects.filter(pk=item.pk, leased_by=item.leased_by, attempts=item.attempts)


def finish(item: WorkItem, state: str, message: str = "") -> None:
    """Close the row; done rows keep their message for a while, dead rows wait for a person.

    What was wished for again while it ran becomes a row of its own.
    """
    with transaction.atomic():
        closed = _mine(item).update(state=state, last_error=message[:2000], finished_at=clock.now(), lease_until=None)
        wanted_at = WorkItem.objects.values_list("wanted_at", flat=True).get(pk=item.pk) if closed else None
        if wanted_at:
            values = (item.job, item.account_id, item.dedupe_key, item.queue, _text(item.kwargs))
            _insert(_ASK, _Wish(*values, due_at=wanted_at, expires_at=None))


def postpone(item: WorkItem, until: datetime, message: str, *, counts: bool = True) -> None:
    """Put the row back for `until` (product time); `counts` False does not use up an attempt (throttling)."""
    given_back = {} if counts else {"attempts": F("attempts") - 1}
    _mine(item).update(
        state=WorkState.READY,
        due_at=until,
        last_error=message[:2000],
        lease_until=None,
        sent_at=None,
        wanted_at=None,
        **given_back,
    )


def replay(item: WorkItem) -> None:
    """Give a parked row a fresh start."""
    changed = WorkItem.objects.filter(pk=item.pk, state=WorkState.DEAD).update(
        state=WorkState.READY, attempts=0, lost=0, due_at=clock.now(), finished_at=None
    )
    if changed:
        schema = tenancy.schema()
        transaction.on_commit(lambda: send(schema, item.job, item.queue, item.pk))


def supersede(account_id: int, prefix: str, *, why: str) -> int:
    """Close an account's parked rows of some jobs because newer work does the same; returns how many."""
    parked = WorkItem.objects.filter(account_id=account_id, state=WorkState.DEAD, job__startswith=prefix)
    return parked.update(state=WorkState.DONE, last_error=why[:2000])


def absorb(key: str, account_id: int, *, most: int = 50) -> list[dict[str, Any]]:
    """Take over what waits for one job of one account, and return its arguments; the caller's run does it as well.

    Call it in the transaction of the effect: where that fails, every wish waits again.
    """
    waiting = WorkItem.objects.filter(job=key, account_id=account_id, state=WorkState.READY, due_at__lte=clock.now())
    rows = list(waiting.select_for_update(skip_locked=True).order_by("pk").values_list("pk", "kwargs")[:most])
    done = {"state": WorkState.DONE, "last_error": "done by another run of the job", "finished_at": clock.now()}
    WorkItem.objects.filter(pk__in=[pk for pk, _ in rows]).update(**done)
    return [kwargs for _, kwargs in rows]


def sweep(limit: int = 500) -> int:
    """Send again what is due and not sent lately, and what a dead worker left behind; returns how many."""
    unsent = Q(sent_at=None) | Q(sent_at__lt=Now() - timedelta(seconds=RESEND_AFTER_SECONDS))
    due = Q(state=WorkState.READY, due_at__lte=clock.now()) & unsent
    lost = Q(state=WorkState.LEASED, lease_until__lt=Now()) & unsent
    found = WorkItem.objects.filter(due | lost).order_by("due_at").values_list("id", "job", "queue")[:limit]
    for item_id, job, queue in found:
        send(tenancy.schema(), job, queue, item_id)
    return len(found)
