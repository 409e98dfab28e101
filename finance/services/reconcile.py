"""Matches statements, ties them out, and looks for what was paid too little."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from config.core.events import announce
from finance import discrepancies, matches, tieout
from finance.models import Settlement
from finance.services import deposits, profit
from finance.signals import statements_reconciled

STATEMENTS_AT_ONCE = 20
_WAITING = """
SELECT s.id FROM finance_settlement s
WHERE s.checked_at IS NULL OR s.state IN ('announced', 'imported')
    OR s.id IN (SELECT line.settlement_id FROM finance_settlementline line
        JOIN finance_match found ON found.settlement_line_id = line.id
        JOIN inventory_order o ON o.account_id = line.account_id AND o.external_id = line.order_ref
        WHERE line.home = 'order' AND line.scope <> 'order' AND found.reason IN ('no_order', 'not_an_order'))
ORDER BY s.id
"""


def reconcile_open() -> dict[str, int]:
    """Reconcile every statement that is new, changed, or has lines whose order has arrived; then judge all accounts."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        waiting = [pk for (pk,) in cursor.fetchall()]
    for start in range(0, len(waiting), STATEMENTS_AT_ONCE):
        reconcile(waiting[start : start + STATEMENTS_AT_ONCE])
    deposits.link()
    changed = discrepancies.refresh(waiting)
    return {"statements": len(waiting), "discrepancies_changed": len(changed)}


def reconcile(settlement_ids: Sequence[int]) -> None:
    """Match and tie out these statements in one transaction; the caller then looks for discrepancies."""
    with transaction.atomic():
        mine = Settlement.objects.select_for_update().filter(pk__in=settlement_ids).order_by("pk")
        ids = list(mine.values_list("pk", flat=True))
        matches.rebuild(ids)
        tieout.refresh(ids)
        profit.touched_by_statements(ids)
        announce(statements_reconciled, ids=ids)


def reconcile_one(settlement_id: int) -> None:
    """What a person asks for: match and tie out one statement again, then look for its discrepancies."""
    reconcile([settlement_id])
    deposits.link()
    discrepancies.refresh([settlement_id])


def judge_all() -> dict[str, int]:
    """Look for discrepancies on every statement: orders may have changed since they were settled."""
    changed = discrepancies.refresh(list(Settlement.objects.values_list("pk", flat=True)))
    return {"discrepancies_changed": len(changed)}
