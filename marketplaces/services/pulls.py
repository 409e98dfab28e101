"""Pulls as people and jobs ask for them: by account and resource, with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from marketplaces import registry
from marketplaces.contract import Page
from marketplaces.models import Account, RunReason, SyncRun, SyncState
from marketplaces.sync import run


def task(account: Account, resource: str, reason: str = RunReason.SCHEDULE) -> run.Task:
    return run.Task(account, registry.get(account.marketplace).resource(resource), reason)


def pull(account_id: int, resource: str) -> dict[str, int]:
    """Read what is new in one flow. A paused account or flow is left alone."""
    account = Account.objects.get(pk=account_id)
    is_stopped = SyncState.objects.filter(account=account, resource=resource, is_paused=True).exists()
    if account.is_paused or is_stopped:
        return {"skipped": 1}
    return run.pull(task(account, resource))


def read_missing(account_id: int, resource: str, *, since: datetime, until: datetime) -> dict[str, int]:
    """Read time that was left out; it counts as covered then. At most six windows, the rest is the next round's."""
    account = Account.objects.get(pk=account_id)
    wanted = registry.get(account.marketplace).resource(resource)
    return run.pull(run.Task(account, wanted, RunReason.GAP, (since, until)))


def take_in(account: Account, resource: str, pages: Iterable[Page], *, reason: str) -> SyncRun:
    """Store pages that came another way: a file, an event, one record by id."""
    return run.take_in(task(account, resource, reason), pages)
