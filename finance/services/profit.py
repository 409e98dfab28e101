"""Asks for profit to be computed again where something that it is made of has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from config.core import clock, work
from finance import profit
from finance.closing import locked_months, locked_sql, month_of

MOST_DAYS = 31
_OF_LINES = """
SELECT o.account_id, o.business_on FROM inventory_orderline item JOIN inventory_order o ON o.id = item.order_id
WHERE item.id = ANY(%(ids)s)
UNION SELECT account_id, day FROM finance_lineprofit WHERE order_line_id = ANY(%(ids)s)
"""
_OF_STATEMENTS = """
SELECT o.account_id, o.business_on FROM finance_settlementline line
JOIN inventory_order o ON o.account_id = line.account_id AND o.external_id = line.order_ref
WHERE line.settlement_id = ANY(%(ids)s) AND line.order_ref <> ''
UNION
SELECT o.account_id, o.business_on FROM finance_settlementline line
JOIN finance_match found ON found.settlement_line_id = line.id AND found.layer IN (4, 8)
JOIN inventory_orderline item ON item.id = found.order_line_id JOIN inventory_order o ON o.id = item.order_id
WHERE line.settlement_id = ANY(%(ids)s)
UNION
SELECT s.account_id, day::date FROM finance_settlement s
CROSS JOIN LATERAL generate_series((coalesce(s.period_start, s.period_end, s.changed_at, s.imported_at)
        AT TIME ZONE 'UTC')::date, (coalesce(s.period_end, s.period_start, s.changed_at, s.imported_at)
        AT TIME ZONE 'UTC')::date, interval '1 day') AS day
WHERE s.id = ANY(%(ids)s)
"""
_OPEN = f"""
SELECT account_id, day FROM finance_lineprofit WHERE day >= %(since)s AND 'no_rate' = ANY(missing)
UNION
SELECT o.account_id, o.business_on FROM inventory_order o JOIN inventory_orderline item ON item.order_id = o.id
WHERE NOT EXISTS (SELECT FROM finance_lineprofit known WHERE known.order_line_id = item.id)
    AND NOT {locked_sql("o.account_id", "o.business_on")}
"""  # noqa: S608 - fragments of statements, no values


def rebuild_later(account_id: int, days: Iterable[date | str]) -> None:
    """Ask for these business days of an account to be computed again after the commit, a month at a time."""
    named = sorted({day if isinstance(day, str) else day.isoformat() for day in days})
    for start in range(0, len(named), MOST_DAYS):
        work.later("finance.rebuild_profit", account_id=account_id, days=named[start : start + MOST_DAYS])


def rebuild(account_id: int, days: Sequence[str]) -> dict[str, int]:
    """Compute lines and sums of these days (ISO dates) again, and of those that others wait for.

    The same rows as a rebuild from nothing. Days of a locked month stay as they were when it was locked.
    """
    locked = {month for _, month in locked_months(account_ids=[account_id])}
    with transaction.atomic():
        wished = work.absorb("finance.rebuild_profit", account_id)
        names = sorted({*days, *(day for each in wished for day in each["days"])})
        wanted = [day for name in names if month_of(day := date.fromisoformat(name)) not in locked]
        lines = profit.rebuild(account_id, wanted) if wanted else 0
    return {"days": len(wanted), "lines": lines}


def touched_by_lines(order_line_ids: Iterable[int]) -> None:
    """Order lines have another cost, fee, return or match: ask for their days."""
    _ask(_OF_LINES, ids=list(order_line_ids))


def touched_by_statements(settlement_ids: Iterable[int]) -> None:
    """Statements change: ask for the days of their orders, and for those that their charges are spread over.

    To be called before they are matched anew and after, because a line may have told of another order.
    """
    _ask(_OF_STATEMENTS, ids=list(settlement_ids))


def rebuild_open(within: timedelta = timedelta(days=120)) -> dict[str, int]:
    """Ask for the days whose lines wait for a rate, or were never computed; the net under the other calls."""
    return {"days": _ask(_OPEN, since=clock.now().date() - within)}


def _ask(query: str, **given: Any) -> int:
    days: dict[int, list[date]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        for account_id, day in cursor.fetchall():
            days.setdefault(account_id, []).append(day)
    for account_id in sorted(days):
        rebuild_later(account_id, days[account_id])
    return sum(map(len, days.values()))
