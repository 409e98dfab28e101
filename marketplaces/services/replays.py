"""What people do about pieces that could not be read: map them again, or leave them out for good."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from config.core.events import announce
from config.core.work import later
from marketplaces import signals
from marketplaces.models import Account, RejectedRow, RejectedState, SyncRun
from marketplaces.sync import replay

log = logging.getLogger(__name__)


def rows(ids: Sequence[int]) -> list[SyncRun]:
    """Map the pages of these rows again, one run per flow; raises Rejected when a page is past retention."""
    found = RejectedRow.objects.filter(pk__in=ids).select_related("account", "page").order_by("pk")
    done: dict[int | None, SyncRun] = {}
    for row in found:
        if row.page_id not in done:
            done[row.page_id] = replay.row(row)
    return list(done.values())


def flow(account_id: int, resource: str) -> dict[str, int]:
    """Map all pages of a flow that have open rows again."""
    run = replay.flow(Account.objects.get(pk=account_id), resource)
    return {"pages": run.pages, "rows": run.rows_read, "rejected": run.rejected}


def ask(account: Account, resource: str) -> int | None:
    """Have a whole flow replayed in the background; None when that is asked for already."""
    return later("marketplaces.replay_flow", account_id=account.pk, resource=resource)


def dismiss(ids: Iterable[int], *, by: str) -> int:
    """Leave open pieces out for good: they stay dismissed even when they are seen again. Returns how many."""
    with transaction.atomic():
        open_rows = RejectedRow.objects.select_for_update().filter(pk__in=list(ids), state=RejectedState.OPEN)
        found = list(open_rows.values_list("pk", "account_id", "resource"))
        if not found:
            raise ValidationError("none of these rows is open any more")
        RejectedRow.objects.filter(pk__in=[pk for pk, _, _ in found]).update(
            state=RejectedState.DISMISSED, last_seen_at=clock.now()
        )
        for account_id, resource in {(account_id, resource) for _, account_id, resource in found}:
            mine = tuple(pk for pk, account, name in found if (account, name) == (account_id, resource))
            announce(signals.rows_rejected, account_id=account_id, resource=resource, ids=mine)
    log.info("rejected_rows_dismissed by=%s count=%s", by, len(found))
    return len(found)
