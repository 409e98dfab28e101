"""Which flows are pulled, and what follows when one fails: later, a pause with a reason, a call for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import F

from config.core import clock, paces
from config.core.errors import NeedsOperator, NinefoldError
from config.core.events import announce
from config.core.jobs import JOBS, Job, Target
from config.core.models import JobOutcome, Pace, PaceKind, WorkItem
from config.core.work import enqueue, later
from marketplaces import registry, signals
from marketplaces.models import Account, AccountStatus, SyncState
from marketplaces.services import accounts, backfills


def targets(job: Job) -> Iterator[Target]:
    """Active accounts that this job is for: of its marketplace, with the capabilities, the flow not paused."""
    resource, marketplace = job.selects.get("resource", ""), job.selects.get("marketplace", "")
    found = Account.objects.filter(status=AccountStatus.ACTIVE).order_by("pk")
    if marketplace:
        found = found.filter(marketplace=marketplace)
    stopped = SyncState.objects.filter(resource=resource, is_paused=True)
    for account in found.exclude(flows__in=stopped) if resource else found:
        if registry.known(account.marketplace) and _offers(account.marketplace, resource):
            yield Target(account.pk)


def _offers(marketplace: str, resource: str) -> bool:
    adapter = registry.get(marketplace)
    return not resource or adapter.resource(resource).needs <= adapter.capabilities


def pause(account: Account, resource: str, *, reason: str) -> SyncState:
    """Stop one flow of an account; its other flows go on."""
    flow, _ = SyncState.objects.update_or_create(
        account=account, resource=resource, defaults={"is_paused": True, "pause_reason": reason[:200]}
    )
    return flow


def resume(account: Account, resource: str) -> SyncState:
    """Let a flow run again, and catch up at once."""
    flow, _ = SyncState.objects.update_or_create(
        account=account, resource=resource, defaults={"is_paused": False, "pause_reason": ""}
    )
    pull_now(account, resource)
    backfills.resume(account)
    return flow


def pull_now(account: Account, resource: str) -> int | None:
    """Ask for one pull outside the cadence; returns the work item, or None when one is open already."""
    return later(f"pull.{account.marketplace}.{resource}", account_id=account.pk)


def hurry() -> int:
    """Pull what a faster pace wants between the firings of its job; returns how many pulls were asked for."""
    fast = list(paces.active().filter(kind=PaceKind.HURRY))
    wanted = {name for pace in fast for name in pace.factors}
    pulls = [job for _, job in JOBS if job.every and job.selects.get("resource") in wanted]
    return sum(_hurried(job, fast) for job in pulls)


def _hurried(job: Job, fast: Sequence[Pace]) -> int:
    factors = {target.account_id: paces.factor(job, target.account_id, fast) for target in targets(job)}
    hasty = {account_id: times for account_id, times in factors.items() if times < 1}
    if not hasty or job.every is None:
        return 0
    last = paces.last_runs(job, job.every)
    due = [pk for pk, times in hasty.items() if paces.is_due(job, times, last.get(pk))]
    return sum(enqueue(job, account_id=pk, kwargs={}) is not None for pk in due)


def on_job_failure(item: WorkItem, error: NinefoldError, outcome: str) -> None:
    """Count the failure on its flow; when credentials are refused, pause the account with the reason."""
    account = Account.objects.filter(pk=item.account_id).first() if item.account_id else None
    if account is None:
        return
    resource = str(item.kwargs.get("resource") or (JOBS.get(item.job).selects.get("resource", "")))
    if isinstance(error, NeedsOperator):
        accounts.pause(account, reason=str(error), code=error.code, status=AccountStatus.BROKEN)
    if resource:
        with transaction.atomic():
            _count(account, resource, error)
            if outcome != JobOutcome.RETRY:
                announce(
                    signals.flow_failed, account_id=account.pk, resource=resource, code=error.code, message=str(error)
                )


def _count(account: Account, resource: str, error: NinefoldError) -> None:
    SyncState.objects.get_or_create(account=account, resource=resource)
    SyncState.objects.filter(account=account, resource=resource).update(
        failures_in_a_row=F("failures_in_a_row") + 1,
        last_error=str(error)[:4000],
        last_code=error.code[:60],
        last_tried_at=clock.now(),
    )
