"""Archived pages mapped again after a fix, without asking the marketplace: one row, one flow, one run, one page."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from config.core import clock
from config.core.errors import Rejected
from marketplaces.models import Account, RawPage, RejectedRow, RejectedState, RunReason, SyncRun, SyncState
from marketplaces.sinks import Source
from marketplaces.sync import apply, archive, outcome, rejects


def row(rejected: RejectedRow) -> SyncRun:
    """Replay the page of one rejected row; raises Rejected when its page is past retention."""
    if rejected.page is None:
        raise Rejected(f"row {rejected.pk}: its page is past retention; pull the span again", code="page_gone")
    return pages(rejected.account, rejected.resource, [rejected.page])


def flow(account: Account, resource: str) -> SyncRun:
    """Replay all pages of a flow that have open rejected rows."""
    return pages(account, resource, _with_open_rows(RejectedRow.objects.filter(account=account, resource=resource)))


def run(former: SyncRun) -> SyncRun:
    """Replay all pages that a run stored, and those of the rows it rejected."""
    mine = RawPage.objects.filter(run=former) | _with_open_rows(RejectedRow.objects.filter(run=former))
    return pages(former.account, former.resource, mine.order_by("pk"))


def _with_open_rows(rows: QuerySet[RejectedRow]) -> QuerySet[RawPage]:
    found = rows.filter(state=RejectedState.OPEN, page__isnull=False)
    return RawPage.objects.filter(pk__in=found.values("page"))


def pages(account: Account, resource: str, found: Iterable[RawPage]) -> SyncRun:
    """Map pages again and store what maps now; rows that are not refused any more are closed as replayed.

    The flow's row is held, as by a pull: two that land the same rows at once could each miss what the other wrote.
    """
    done = SyncRun.objects.create(account=account, resource=resource, reason=RunReason.REPLAY, started_at=clock.now())
    SyncState.objects.get_or_create(account=account, resource=resource)
    with transaction.atomic():
        SyncState.objects.select_for_update().get(account=account, resource=resource)
        landing = apply.Landing(Source(account, resource, clock.now(), done.pk), judges=False)
        touched = [_again(landing, raw) for raw in found]
        counts = landing.close()
        for page_id in touched:
            rejects.close_mapped(page_id, counts.rejected_ids)
        done.pages = len(touched)
        outcome.finish(done, counts)
    return done


def _again(landing: apply.Landing, raw: RawPage) -> int:
    with archive.opened(raw) as page:
        landing.page(raw.pk, page)
    return raw.pk
