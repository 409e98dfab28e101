"""Matches statements, ties them out, and looks for what was paid too little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.db import connection, transaction

from config.core import clock, work
from config.core.events import announce
from finance import discrepancies, matches, order_money, reissues, tieout
from finance.models import MoneyState, OrderLineMoney, Settlement
from finance.services import profit
from finance.services.bank import deposits
from finance.signals import statements_reconciled
from inventory.services import partials
from inventory.services.partials import Paid

STATEMENTS_AT_ONCE = 20
ORDER_LINES_AT_ONCE = 20_000
ORDERS_CHANGE_FOR = timedelta(days=120)
LINES_FOR_ALL_WORKERS = 50_000
_WAITING = """
SELECT s.account_id, s.id, (SELECT count(*) FROM finance_settlementline line WHERE line.settlement_id = s.id)
FROM finance_settlement s
WHERE s.checked_at IS NULL OR s.state IN ('announced', 'imported')
    OR s.id IN (SELECT line.settlement_id FROM finance_settlementline line
        JOIN finance_match found ON found.settlement_line_id = line.id
        JOIN inventory_order o ON o.account_id = line.account_id AND o.external_id = line.order_ref
        WHERE line.home = 'order' AND line.scope <> 'order' AND found.reason IN ('no_order', 'not_an_order'))
ORDER BY s.account_id, s.id
"""


def reconcile_open() -> dict[str, int]:
    """Reconcile every statement that is new, changed, or has lines whose order has arrived; then judge all accounts.

    Where many lines of several accounts wait, each account is work of its own first, so that all workers take part.
    """
    waiting = _waiting()
    accounts = {account_id for account_id, _, _ in waiting}
    if len(accounts) > 1 and sum(lines for *_, lines in waiting) > LINES_FOR_ALL_WORKERS:
        for account_id in sorted(accounts):
            work.later("finance.reconcile_account", account_id=account_id)
        return {"accounts": len(accounts)}
    ids = _reconcile_batches(waiting)
    reissues.compare_all()
    deposits.link()
    rebuilt = rebuild_order_money()
    changed = _judge(ids)
    return {"statements": len(ids), "discrepancies_changed": len(changed), "order_lines": rebuilt}


def reconcile_account(account_id: int) -> dict[str, int]:
    """Reconcile what waits of one account and judge it; what needs all accounts follows when the last one is done."""
    ids = _reconcile_batches([row for row in _waiting() if row[0] == account_id])
    changed = _judge(ids, everywhere=False)
    work.later("finance.reconcile_open")
    return {"statements": len(ids), "discrepancies_changed": len(changed)}


def _waiting() -> list[tuple[int, int, int]]:
    """Account, statement and its lines."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return cursor.fetchall()


def _reconcile_batches(waiting: Sequence[tuple[int, int, int]]) -> list[int]:
    ids = [pk for _, pk, _ in waiting]
    for start in range(0, len(ids), STATEMENTS_AT_ONCE):
        reconcile(ids[start : start + STATEMENTS_AT_ONCE])
    return ids


def reconcile(settlement_ids: Sequence[int]) -> None:
    """Match and tie out these statements in one transaction; the caller then looks for discrepancies."""
    with transaction.atomic():
        mine = Settlement.objects.select_for_update().filter(pk__in=settlement_ids).order_by("pk")
        ids = list(mine.values_list("pk", flat=True))
        profit.touched_by_statements(ids)
        matches.rebuild(ids)
        tieout.refresh(ids)
        profit.touched_by_statements(ids)
        announce(statements_reconciled, ids=ids)


def reconcile_one(settlement_id: int) -> None:
    """What a person asks for: match and tie out one statement again, then look for its discrepancies."""
    reconcile([settlement_id])
    deposits.link()
    _judge([settlement_id])


def rebuild_order_money() -> int:
    """Rebuild the money of order lines that are new or changed since, of orders that may still change."""
    since, done = (clock.now() - ORDERS_CHANGE_FOR).date(), 0
    while ids := order_money.stale(since=since, most=ORDER_LINES_AT_ONCE):
        if not (changed := order_money.rebuild(ids)):
            break
        done += changed
    return done


def judge_all() -> dict[str, int]:
    """Look for discrepancies on every statement: orders may have changed since they were settled."""
    rebuild_order_money()
    changed = _judge(list(Settlement.objects.values_list("pk", flat=True)))
    return {"discrepancies_changed": len(changed)}


def _judge(settlement_ids: Sequence[int], *, everywhere: bool = True) -> list[int]:
    """Look for discrepancies in these statements; lines that they paid in part become events of their orders."""
    changed = discrepancies.refresh(settlement_ids, everywhere=everywhere)
    found = OrderLineMoney.objects.filter(basis=MoneyState.PARTLY_SETTLED, settlement__in=settlement_ids)
    rows = found.order_by("account", "pk").values_list("account", "pk", "settled", "expected", "settlement__period_end")
    for account_id, mine in groupby(rows, key=itemgetter(0)):
        partials.tell_paid(account_id, [Paid(line, paid, due, at) for _, line, paid, due, at in mine])
    return changed
