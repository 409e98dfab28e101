"""A statement that is issued again: what was in force is kept, compared with what came, and what is locked stays.

Lines are compared by their content. Those that came and went with the same labels and references count as changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from config.core import clock
from finance import closing
from finance.closing import Late
from finance.models import RestatementKind, Settlement, SettlementRevision, SettlementState
from finance.statement_states import CLOSED

_KEEP = """
INSERT INTO finance_revisionline (revision_id, row_no, line_class, label_type, label_group, label_text, amount, currency,
    order_ref, line_ref, source_hash)
SELECT %(revision)s, row_no, line_class, label_type, label_group, label_text, amount, currency, order_ref, line_ref,
    source_hash FROM finance_settlementline WHERE settlement_id = %(settlement)s
"""
_COMPARE = """
WITH sides AS (
    SELECT source_hash, line_class, concat_ws('/', line_class, label_type, label_group, label_text, order_ref, line_ref)
        AS about, amount, is_new, row_number() OVER (PARTITION BY is_new, source_hash ORDER BY row_no) AS copy
    FROM (SELECT source_hash, line_class, label_type, label_group, label_text, order_ref, line_ref, amount, row_no,
            %(is_waiting)s AS is_new FROM finance_revisionline WHERE revision_id = %(revision)s
        UNION ALL SELECT source_hash, line_class, label_type, label_group, label_text, order_ref, line_ref, amount, row_no,
            NOT %(is_waiting)s FROM finance_settlementline WHERE settlement_id = %(settlement)s) AS both_sides
), odd AS (
    SELECT * FROM sides s WHERE NOT EXISTS (SELECT FROM sides other
        WHERE other.is_new <> s.is_new AND other.source_hash = s.source_hash AND other.copy = s.copy)
), pairs AS (
    SELECT about, least(count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new)) AS changed
    FROM odd GROUP BY 1
), classes AS (
    SELECT line_class, sum(CASE WHEN is_new THEN amount ELSE -amount END) AS amount FROM odd GROUP BY 1
)
SELECT (SELECT count(*) FILTER (WHERE is_new) FROM odd), (SELECT count(*) FILTER (WHERE NOT is_new) FROM odd),
    (SELECT coalesce(sum(changed), 0) FROM pairs), (SELECT coalesce(sum(amount), 0) FROM classes),
    (SELECT coalesce(jsonb_object_agg(line_class, amount::text) FILTER (WHERE amount <> 0), '{}')::text FROM classes)
"""


def locked(account_id: int, external_ids: Iterable[str]) -> dict[str, int]:
    """Of these statements, those that must stay as they are: name and id."""
    rows = Settlement.objects.filter(account=account_id, external_id__in=set(external_ids), state__in=CLOSED)
    return dict(rows.values_list("external_id", "pk"))


def begin(settlement_id: int, *, page_id: int | None, at: datetime, is_waiting: bool = False) -> SettlementRevision:
    """Open a revision for a newer page, or give the one that is open for it; the lines in force are kept with it."""
    held = Settlement.objects.select_for_update().get(pk=settlement_id)
    before = SettlementRevision.objects.filter(settlement=held)
    known = before.filter(page_id=page_id).first()
    if known:
        return known
    revision = SettlementRevision.objects.create(
        settlement=held, number=before.count() + 1, former_page_id=held.page_id, page_id=page_id, former_state=held.state,
        is_waiting=is_waiting, replaced_at=at,
    )  # fmt: skip
    if not is_waiting:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, {"revision": revision.pk, "settlement": settlement_id})
    return revision


def compare_all(settlement_ids: Sequence[int] | None = None) -> int:
    """Say for every revision not compared yet what came, went and changed; notes what a locked month cannot take."""
    waiting = SettlementRevision.objects.filter(compared_at=None).select_related("settlement").order_by("pk")
    if settlement_ids is not None:
        waiting = waiting.filter(settlement__in=settlement_ids)
    revisions = list(waiting)
    for revision in revisions:
        _compare(revision)
        if revision.is_waiting:
            _book_later(revision)
        revision.save()
    return len(revisions)


def _compare(revision: SettlementRevision) -> None:
    given: dict[str, Any] = {
        "revision": revision.pk, "settlement": revision.settlement_id, "is_waiting": revision.is_waiting,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, given)
        added, removed, changed, difference, by_class = cursor.fetchone()
    revision.rows_changed = int(changed)
    revision.rows_added, revision.rows_removed = added - int(changed), removed - int(changed)
    revision.difference, revision.by_class, revision.compared_at = difference, json.loads(by_class), clock.now()


def _book_later(revision: SettlementRevision) -> None:
    held = revision.settlement
    day = (held.period_end or held.imported_at).date()
    revision.booked_month = closing.first_open(held.account_id, day)
    closing.note(
        [
            Late(
                account_id=held.account_id, month=day, kind=RestatementKind.REISSUED, amount=revision.difference,
                reference=f"{held.external_id}, issue {revision.number + 1}", currency=held.currency,
                booked_month=revision.booked_month, reason="issued again after its month was locked",
            )
        ]
    )  # fmt: skip
    Settlement.objects.filter(pk=held.pk, state=SettlementState.LOCKED).update(state=SettlementState.REISSUED)
