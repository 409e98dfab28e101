"""Reports that the marketplace prepares: asked for once, waited for without holding a worker, adopted after a crash.

1. INTENDED is committed before the create call, and each create call is counted before it is made.
2. After a crash between call and answer, `find_report` adopts what the marketplace already prepares.
3. WAITING gives the worker back (RateLimited) until the next poll.
4. A cool-down or a failure is asked for once more; a refused request never.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from config.core import clock
from config.core.errors import RateLimited, Rejected, Transient
from marketplaces.contract import Client, Page, ReportState, ReportStatus, Resource, Window
from marketplaces.models import Account, ReportJob, ReportJobState

log = logging.getLogger(__name__)

OPEN = (ReportJobState.INTENDED, ReportJobState.WAITING, ReportJobState.READY)
CREATES_ALLOWED = 2
FIRST_POLL, LONGEST_POLL = timedelta(seconds=20), timedelta(minutes=5)
COOL_DOWN = timedelta(minutes=30)
LEARN_FROM, LEARN_LEAST = 40, 5
SLOW_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Need:
    """What a report is wanted for, and the client that may ask for it."""

    client: Client
    account: Account
    resource: Resource


def planned(account: Account, resource: Resource, found: list[Window]) -> list[Window]:
    """The window of the report that is open already comes first; otherwise what the flow's position says."""
    job = _open_job(account, resource)
    return [Window(job.window_start, job.window_end)] if job else found


def collect(client: Client, account: Account, resource: Resource, window: Window) -> Iterator[Page]:
    """Yield the report's document; raises RateLimited while it is being prepared. An empty report yields nothing."""
    need = Need(client, account, resource)
    job = _open_job(account, resource) or ReportJob.objects.create(
        account=account, resource=resource.key, window_start=window.since, window_end=window.until
    )
    if (job.window_start, job.window_end) != (window.since, window.until):
        _wait_for(clock.now() + LONGEST_POLL)
    _wait_for(job.next_poll_at)
    if not job.remote_id:
        _request(need, job, window)
    state = client.report_state(resource.key, job.remote_id)
    if state.status is ReportStatus.WAITING:
        _poll_again(need, job)
    if state.status not in (ReportStatus.READY, ReportStatus.EMPTY):
        _not_delivered(job, state)
    job.state, job.document_id, job.reason = ReportJobState.READY, state.document_id, state.reason
    job.save()
    if state.status is ReportStatus.READY:
        yield client.download(resource.key, state)


def settle(account: Account, resource: Resource) -> None:
    """Close the delivered report, in the transaction of its rows: until then a crash fetches it again, never asks."""
    job = _open_job(account, resource)
    if job and job.state == ReportJobState.READY:
        _close(job, ReportJobState.STORED if job.document_id else ReportJobState.EMPTY)


def _open_job(account: Account, resource: Resource) -> ReportJob | None:
    return ReportJob.objects.filter(account=account, resource=resource.key, state__in=OPEN).first()


def _wait_for(moment: datetime | None) -> None:
    if moment and moment > clock.now():
        raise RateLimited("the report is being prepared", until=moment, code="report_waiting")


def _request(need: Need, job: ReportJob, window: Window) -> None:
    """Adopt what an earlier, unanswered call created; else count the call, commit, and make it."""
    remote_id = need.client.find_report(need.resource.key, window) if job.requested_at else ""
    if not remote_id:
        job.creates += 1
        job.requested_at = clock.now()
        job.save()
        remote_id = need.client.request_report(need.resource.key, window)
    job.remote_id, job.state = remote_id, ReportJobState.WAITING
    job.save()


def _poll_again(need: Need, job: ReportJob) -> None:
    """Note the poll and give the worker back; past the deadline the report is given up and asked for once more."""
    waited = clock.now() - (job.requested_at or clock.now())
    if waited > need.resource.report_deadline:
        _ask_again(job, f"not ready after {waited}", at_once=True)
    job.polls += 1
    if not job.is_slow:
        _warn_if_slow(job, waited, usual_wait(need.account, need.resource.key))
    job.next_poll_at = clock.now() + min(FIRST_POLL * 2 ** min(job.polls - 1, 8), LONGEST_POLL)
    job.save()
    _wait_for(job.next_poll_at)


def _warn_if_slow(job: ReportJob, waited: timedelta, usual: timedelta) -> None:
    """The soft deadline: twice as long as usual is told, and the report still waited for."""
    job.is_slow = waited > usual * SLOW_FACTOR
    if job.is_slow:
        job.reason = f"slower than usual: {waited} so far, within {usual} as a rule"
        log.warning("report_slow job=%s account=%s resource=%s", job.pk, job.account_id, job.resource)


def usual_wait(account: Account, resource: str) -> timedelta:
    """The 95th percentile of how long this report took lately; two hours until five of them were seen."""
    done = ReportJob.objects.filter(account=account, resource=resource, state=ReportJobState.STORED)
    times = done.order_by("-finished_at").values_list("requested_at", "finished_at")[:LEARN_FROM]
    took = [(end - start).total_seconds() for start, end in times if start and end]
    return timedelta(seconds=quantiles(took, n=20)[-1]) if len(took) >= LEARN_LEAST else timedelta(hours=2)


def _not_delivered(job: ReportJob, state: ReportState) -> None:
    if state.status is ReportStatus.BAD_REQUEST:
        _close(job, ReportJobState.FAILED, state.reason)
        raise Rejected(f"the report request is refused: {state.reason}", code="report_refused")
    _ask_again(job, state.reason, at_once=state.status is not ReportStatus.COOL_DOWN)


def _ask_again(job: ReportJob, reason: str, *, at_once: bool) -> None:
    """Forget the remote report and ask anew, once; the second time it is given up until the next firing."""
    if job.creates >= CREATES_ALLOWED:
        _close(job, ReportJobState.ABANDONED, reason)
        raise Transient(f"the report was not delivered twice: {reason}", code="report_not_delivered")
    job.reason, job.remote_id, job.state, job.requested_at = reason, "", ReportJobState.INTENDED, None
    job.next_poll_at, job.polls = clock.now() + (FIRST_POLL if at_once else COOL_DOWN), 0
    job.save()
    _wait_for(job.next_poll_at)


def _close(job: ReportJob, state: str, reason: str = "") -> None:
    job.state, job.finished_at, job.next_poll_at = state, clock.now(), None
    job.reason = reason or job.reason
    job.save()
    log.info("report_%s job=%s account=%s resource=%s", state, job.pk, job.account_id, job.resource)
