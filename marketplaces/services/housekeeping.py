"""What is kept for how long."""

from __future__ import annotations

from datetime import timedelta

from config.core import clock
from config.core.models import JobRun, WorkItem, WorkState
from marketplaces import registry
from marketplaces.contract import Flow
from marketplaces.models import EventState, InboxEvent, Traffic
from marketplaces.sync import archive

DONE_FOR = timedelta(days=7)
RUNS_FOR = timedelta(days=30)


def prune(older_than: timedelta) -> dict[str, int]:
    """Delete pages, traffic and applied events past retention; documents (statements, invoices) stay for good."""
    limit = clock.now() - older_than
    pages = sum(
        archive.prune(limit, adapter.key, [r.key for r in adapter.resources if r.flow is not Flow.DOCUMENTS])
        for adapter in registry.all_adapters()
    )
    traffic, _ = Traffic.objects.filter(at__lt=limit).delete()
    done = InboxEvent.objects.filter(received_at__lt=limit, state__in=[EventState.DONE, EventState.IGNORED])
    events, _ = done.delete()
    return {"pages": pages, "traffic": traffic, "events": events, **prune_jobs()}


def prune_jobs() -> dict[str, int]:
    """Delete finished work items after a week and job runs after a month; parked items wait for a person."""
    now = clock.now()
    items, _ = WorkItem.objects.filter(state=WorkState.DONE, finished_at__lt=now - DONE_FOR).delete()
    runs, _ = JobRun.objects.filter(started_at__lt=now - RUNS_FOR).delete()
    return {"items": items, "runs": runs}
