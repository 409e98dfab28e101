"""One pull: windows from the flow's position, pages into the archive, rows and cursor in one transaction, then news.

1. A run row is opened, or the one that waits is taken up again.
2. All pages of a window are fetched and archived; no transaction is open meanwhile.
3. Rows and the flow's position are written in one transaction, which holds the flow's row.
4. Signals follow the commit. A failure leaves the position where it was; of a snapshot, what came is kept with its mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from config.core import clock, jobs, multirange
from config.core.errors import NinefoldError, RateLimited
from config.core.events import announce
from config.core.work import later
from marketplaces import signals
from marketplaces.contract import Client, Flow, Page, Resource, Window
from marketplaces.models import Account, Backfill, RunReason, RunState, SyncRun, SyncState
from marketplaces.services import connections
from marketplaces.sinks import Source
from marketplaces.sync import apply, archive, fetch, outcome, parts, reports
from marketplaces.sync import window as windows
from marketplaces.sync.trail import Trail

WINDOWS_PER_PULL = 6
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Task:
    """What to pull: an account's resource, and why. Without a span or a backfill it follows the flow's own position."""

    account: Account
    resource: Resource
    reason: str = RunReason.SCHEDULE
    span: windows.Span | None = None
    backfill: Backfill | None = None

    @property
    def follows(self) -> bool:
        """Whether it goes on from where the flow stands, and moves that."""
        return self.span is None and self.backfill is None


def pull(task: Task) -> dict[str, int]:
    """Read what is new (or of the given span) and store it; returns counts. At most six windows: for what remains
    of the news more work is asked for, the rest of a given span is the caller's.
    """
    total = {"windows": 0, "rows": 0, "written": 0, "rejected": 0}
    planned = _plan(task)
    for window in planned[:WINDOWS_PER_PULL]:
        run = _one(task, window)
        total["windows"] += 1
        total["rows"] += run.rows_read
        total["written"] += run.inserted + run.updated
        total["rejected"] += run.rejected
        if run.state != RunState.OK:
            return total
    if len(planned) > WINDOWS_PER_PULL and task.follows:
        _ask_for_more(task, planned[WINDOWS_PER_PULL].since.isoformat())
    return total


def _plan(task: Task) -> list[Window]:
    if task.span:
        return [Window(*piece) for piece in windows.pieces(*task.span, task.resource.window)]
    if task.backfill:
        rest = windows.pieces(task.backfill.read_until, task.backfill.until, task.resource.window)
        return _shortened(task, [Window(*piece) for piece in rest])
    flow = position_of(task.account, task.resource.key)
    found = windows.upcoming(
        task.resource,
        windows.Position(flow.covered, flow.watermark),
        now=clock.now(),
        history_from=task.account.history_from,
    )
    if task.resource.flow is Flow.REPORT:
        return reports.planned(task.account, task.resource, found)
    if parts.is_resumable(task.resource):
        return [parts.resumed(flow, task.resource, window) for window in found]
    return _shortened(task, found)


def _shortened(task: Task, found: list[Window]) -> list[Window]:
    """Halve the first window after the limiter stopped the former attempt half way: each attempt gets further."""
    former = _waiting(task) if task.resource.flow is not Flow.REPORT else None
    if not found or former is None or not former.pages or former.window_end is None or former.window_start is None:
        return found
    length = max((former.window_end - former.window_start) / 2, SHORTEST + task.resource.overlap)
    first = replace(found[0], until=min(found[0].until, found[0].since + length))
    return [first] if first.until < found[0].until else found


def _ask_for_more(task: Task, where: str) -> None:
    key = f"pull.{task.account.marketplace}.{task.resource.key}"
    if key in jobs.JOBS:
        later(key, account_id=task.account.pk, dedupe=f"{key}:{task.account.pk}:from:{where}")


def position_of(account: Account, resource: str) -> SyncState:
    """The flow's row, made when the flow runs first."""
    return SyncState.objects.get_or_create(account=account, resource=resource)[0]


def _one(task: Task, window: Window) -> SyncRun:
    run = _start(task, window)
    stored: list[archive.Stored] = []
    try:
        _fetch_and_land(task, run, window, into=stored)
    except apply.Poisoned as poison:
        reports.settle(task.account, task.resource)
        outcome.stop(run, poison)
    except NinefoldError as error:
        parts.forget(task.account.pk, task.resource.key, error)
        if run.state == RunState.RUNNING:
            outcome.fail(run, error)
        raise
    finally:
        fetch.discard(stored)
    return run


def _fetch_and_land(task: Task, run: SyncRun, window: Window, *, into: list[archive.Stored]) -> None:
    """All pages and then their rows; of a snapshot that the limiter stops, the part that came is landed first."""
    recorder = connections.Recorder(task.account, run_id=run.pk)
    trail, part = Trail(recorder), parts.Part()
    stopped: RateLimited | None = None
    try:
        with connections.opened(task.account, recorder) as client:
            fetch.archived(trail.along(part.along(_pages(client, task, window))), run, into=into)
    except RateLimited as error:
        if not part.mark:
            raise
        stopped = error
    finally:
        run.calls += recorder.calls
    trail.mark(into, land(task, run, into, window, part.mark).subjects)
    if stopped:
        raise stopped
    if part.mark:
        _ask_for_more(task, part.mark)


def _pages(client: Client, task: Task, window: Window) -> Any:
    if task.resource.flow is Flow.REPORT:
        return reports.collect(client, task.account, task.resource, window)
    if task.resource.flow is Flow.DOCUMENTS:
        window = replace(window, seen=archive.documents(task.account.pk, task.resource.key))
    return getattr(client, task.resource.key)(window)


def take_in(task: Task, pages: Iterable[Page]) -> SyncRun:
    """Pages that came another way (a file, an event, one record by id): archived, mapped, stored; no position moves."""
    run = SyncRun.objects.create(
        account=task.account, resource=task.resource.key, reason=task.reason, started_at=clock.now()
    )
    stored: list[archive.Stored] = []
    fetch.archived(pages, run, into=stored)
    try:
        land(task, run, stored, None)
    except apply.Poisoned as poison:
        outcome.stop(run, poison)
    return run


def _start(task: Task, window: Window) -> SyncRun:
    """Open a run, or take up the one of the same flow that waits (for a report, or for the limiter)."""
    _runs(task).filter(state=RunState.RUNNING).update(
        state=RunState.FAILED, code="lost_worker", error="its worker stopped before the end", finished_at=clock.now()
    )
    run = _waiting(task) or SyncRun(
        account=task.account, resource=task.resource.key, reason=task.reason, backfill=task.backfill
    )
    run.state, run.started_at, run.error, run.code = RunState.RUNNING, run.started_at or clock.now(), "", ""
    run.window_start, run.window_end = window.since, window.until
    run.save()
    return run


def _runs(task: Task) -> QuerySet[SyncRun]:
    """Runs of the same piece of work; two backfills of one flow are two."""
    return SyncRun.objects.filter(
        account=task.account, resource=task.resource.key, reason=task.reason, backfill=task.backfill
    )


def _waiting(task: Task) -> SyncRun | None:
    return _runs(task).filter(state=RunState.WAITING).order_by("-started_at").first()


def land(
    task: Task, run: SyncRun, stored: Sequence[archive.Stored], window: Window | None, mark: str = ""
) -> apply.Counts:
    """Rows, rejected pieces, position and the run's end in one transaction; raises Poisoned and then writes nothing.

    With a mark these pages are a part of the window: the position waits for the last one.
    """
    position_of(task.account, task.resource.key)
    with transaction.atomic():
        flow = SyncState.objects.select_for_update().get(account=task.account, resource=task.resource.key)
        landing = apply.Landing(Source(task.account, task.resource.key, clock.now(), run.pk))
        for item in stored:
            with archive.content(item) as page:
                landing.page(item.id, page)
        counts = landing.close()
        if window is not None:
            reports.settle(task.account, task.resource)
            flow.mark, flow.marked_at = mark, clock.now() if mark else None
        _advance(flow, counts, None if mark or task.backfill else window)
        if task.backfill and window:
            task.backfill.read_until = window.until
            task.backfill.save(update_fields=["read_until"])
        outcome.finish(run, counts)
    return counts


def _advance(flow: SyncState, counts: apply.Counts, window: Window | None) -> None:
    if window is not None:
        flow.covered = multirange.merged([*flow.covered, (window.since, window.until)])
        flow.watermark = max(filter(None, (flow.watermark, counts.newest)), default=None)
        flow.last_ok_at = flow.last_tried_at = clock.now()
        if flow.failures_in_a_row:
            announce(signals.flow_recovered, account_id=flow.account_id, resource=flow.resource)
        flow.failures_in_a_row, flow.last_error, flow.last_code = 0, "", ""
    flow.rows_total += counts.inserted
    flow.save()
