"""What is missing: noted when another source speaks of it, fetched, and closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F

from config.core import clock
from config.core.errors import RateLimited, Rejected, Transient
from config.core.events import announce
from config.core.work import later
from marketplaces import registry, signals, subjects
from marketplaces.contract import Client, Page
from marketplaces.models import Account, AccountStatus, Gap, GapKind, GapState, RawPage, RunReason, RunState
from marketplaces.services import connections, pulls
from marketplaces.sync import gaps

WAIT = timedelta(minutes=3)
PER_RUN = 200
ATTEMPTS = 5
_NOTE = """
    INSERT INTO marketplaces_gap (account_id, resource, kind, external_id, revealed_by, state, reason, attempts, found_at)
    SELECT %s, %s, 'record', id, %s, 'open', '', 0, %s FROM unnest(%s::text[]) AS id
    ON CONFLICT DO NOTHING
"""


def report_missing(account: Account, resource: str, ids: Iterable[str], revealed_by: str) -> int:
    """Note records that a source spoke of and nobody has; they are fetched by id within 15 minutes.

    Called by sinks in the transaction of their rows. Known gaps stay as they are; returns how many are new.
    """
    wanted = sorted({external_id[:120] for external_id in ids if external_id})
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [account.pk, resource, revealed_by[:40], clock.now(), wanted])
        new = cursor.rowcount
    if new:
        later("marketplaces.fill_gaps", account_id=account.pk, due_at=clock.now() + WAIT)
    return new


def find() -> dict[str, int]:
    """Look for holes in the covered time of every active account, and ask for them to be filled."""
    found: list[int] = []
    for account in Account.objects.filter(status=AccountStatus.ACTIVE):
        if not registry.known(account.marketplace):
            continue
        with transaction.atomic():
            new = gaps.find(account)
            if new:
                announce(signals.gap_found, ids=tuple(new))
        found += new
    return {"found": len(found), "asked": ask_to_fill()}


def ask_to_fill() -> int:
    """One work item per account with open gaps; returns how many were not asked for already."""
    due = Gap.objects.filter(state=GapState.OPEN, account__status=AccountStatus.ACTIVE)
    accounts = due.order_by().values_list("account", flat=True).distinct()
    return sum(later("marketplaces.fill_gaps", account_id=pk) is not None for pk in accounts)


def fill(account_id: int) -> dict[str, int]:
    """Fetch the missing records by id, then read the missing time again, which may have to wait for a report.

    A passing failure of one record holds up no other; it is raised at the end, so that the work is tried again.
    """
    account = Account.objects.get(pk=account_id)
    if account.is_paused:
        return {"skipped": 1}
    fetched, trouble = _fill_records(account)
    filled = _fill_time(account)
    if trouble:
        raise trouble
    return {"time": filled, "records": fetched}


def _open(account: Account, kind: str) -> list[Gap]:
    found = Gap.objects.filter(account=account, kind=kind, state=GapState.OPEN)
    return list(found.order_by("attempts", "found_at")[:PER_RUN])


def _fill_time(account: Account) -> int:
    gaps.close_covered(account)
    for gap in _open(account, GapKind.TIME):
        _count(gap)
        for since, until in gaps.left(gap):
            pulls.read_missing(account.pk, gap.resource, since=since, until=until)
    return gaps.close_covered(account)


def _fill_records(account: Account) -> tuple[int, Transient | None]:
    waiting = [gap for gap in _open(account, GapKind.RECORD) if not _arrived(gap)]
    if not waiting:
        return 0, None
    recorder = connections.Recorder(account)
    with connections.opened(account, recorder) as client:
        return _fetch_all(client, recorder, waiting)


def _fetch_all(client: Client, recorder: connections.Recorder, waiting: Iterable[Gap]) -> tuple[int, Transient | None]:
    """How many were fetched, and the last passing failure; when the limiter stops one, the rest waits too."""
    fetched, trouble = 0, None
    for gap in waiting:
        recorder.turn_to(gap.resource, gap.external_id)
        try:
            fetched += _fetch(client, gap)
        except RateLimited as error:
            return fetched, error
        except Transient as error:
            trouble = error
    return fetched, trouble


def _arrived(gap: Gap) -> bool:
    """Whether the record came with its own flow meanwhile; then nothing was missing and the note goes."""
    pages = RawPage.objects.filter(account=gap.account_id, resource=gap.resource, applied_at__isnull=False)
    if gap.attempts or not pages.filter(subjects__contains=[subjects.order(gap.external_id)]).exists():
        return False
    gap.delete()
    return True


def _fetch(client: Client, gap: Gap) -> int:
    """Ask for one record; only a definite answer counts as an attempt."""
    try:
        page = client.by_id(gap.resource, gap.external_id)
    except Rejected as error:
        _count(gap)
        return _not_there(gap, str(error))
    _count(gap)
    if page is None:
        return _not_there(gap, "the marketplace does not know it")
    return _take_in(gap, page)


def _take_in(gap: Gap, page: Page) -> int:
    run = pulls.take_in(gap.account, gap.resource, [page], reason=RunReason.BY_ID)
    if run.state != RunState.OK or run.rejected or not run.rows_read:
        return _not_there(gap, run.error or "its record could not be read; see the rejected rows")
    with transaction.atomic():
        gap.state, gap.filled_at, gap.reason = GapState.FILLED, clock.now(), ""
        gap.save(update_fields=["state", "filled_at", "reason"])
        announce(signals.gap_found, ids=(gap.pk,))
    return 1


def _not_there(gap: Gap, reason: str) -> int:
    gap.reason = reason[:300]
    gap.state = GapState.UNFILLABLE if gap.attempts >= ATTEMPTS else GapState.OPEN
    gap.save(update_fields=["reason", "state"])
    return 0


def _count(gap: Gap) -> None:
    Gap.objects.filter(pk=gap.pk).update(attempts=F("attempts") + 1)
    gap.attempts += 1
