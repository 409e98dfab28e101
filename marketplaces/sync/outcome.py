"""How a run ends, and who hears of it."""

from __future__ import annotations

import logging

from django.db import transaction

from config.core import clock
from config.core.errors import NinefoldError, RateLimited
from config.core.events import announce
from marketplaces import signals
from marketplaces.models import RunState, SyncRun, SyncState
from marketplaces.sinks import Source
from marketplaces.sync import apply, rejects

log = logging.getLogger(__name__)


def finish(run: SyncRun, counts: apply.Counts) -> None:
    """Close a run well, within the transaction of its rows, and tell after the commit."""
    run.rows_read, run.inserted, run.updated = counts.read, counts.inserted, counts.updated
    run.unchanged, run.rejected, run.unknown_values = counts.unchanged, counts.rejected, dict(counts.unknown)
    run.state, run.finished_at = RunState.OK, clock.now()
    run.save()
    announce(
        signals.run_finished, run_id=run.pk, account_id=run.account_id, resource=run.resource,
        changed=counts.inserted + counts.updated,
    )  # fmt: skip
    if counts.rejected_ids:
        _tell_rejected(run, counts.rejected_ids)


def stop(run: SyncRun, poison: apply.Poisoned) -> None:
    """Close a run whose page is poisoned: nothing of it is stored but the pieces and their reasons."""
    source = Source(run.account, run.resource, clock.now(), run.pk, poison.page_id)
    with transaction.atomic():
        ids = rejects.keep(source, [(poison.page_id, refused) for refused in poison.found])
        run.rejected, run.code = len(ids), "poisoned_page"
        _close_badly(run, RunState.STOPPED, str(poison))
        SyncState.objects.filter(account=run.account_id, resource=run.resource).update(
            last_error=run.error, last_code=run.code, last_tried_at=clock.now()
        )
        announce(signals.run_poisoned, run_id=run.pk)
        _tell_rejected(run, ids)


def fail(run: SyncRun, error: NinefoldError) -> None:
    """Close a run that broke off; one that only has to wait stays open for the next attempt."""
    run.code = error.code[:60]
    if isinstance(error, RateLimited):
        run.state, run.error = RunState.WAITING, str(error)
        run.save()
        return
    with transaction.atomic():
        _close_badly(run, RunState.FAILED, str(error))
        announce(signals.run_failed, run_id=run.pk, account_id=run.account_id, resource=run.resource, code=run.code)


def _tell_rejected(run: SyncRun, ids: list[int]) -> None:
    announce(signals.rows_rejected, account_id=run.account_id, resource=run.resource, ids=tuple(ids))


def _close_badly(run: SyncRun, state: str, message: str) -> None:
    run.state, run.error, run.finished_at = state, message[:4000], clock.now()
    run.save()
    log.warning(
        "run_%s run=%s account=%s resource=%s code=%s pages=%s", state, run.pk, run.account_id, run.resource, run.code,
        run.pages,
    )  # fmt: skip
