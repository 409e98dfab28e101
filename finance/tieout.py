"""Checks statements against the identities and writes down state, residual and the result of each identity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.bulk import Table, land
from finance import identities
from finance.identities import Facts

_CHAINS = """
UPDATE finance_settlement s SET chain = told.chain
FROM (
    SELECT mine.id, CASE WHEN EXISTS (SELECT FROM finance_settlement a JOIN finance_settlement b
            ON (b.account_id, b.currency, b.kind) = (a.account_id, a.currency, a.kind) AND b.channel > a.channel
            AND b.period_start + interval '1 day' < a.period_end AND a.period_start + interval '1 day' < b.period_end
        WHERE (a.account_id, a.currency, a.kind) = (mine.account_id, mine.currency, mine.kind))
        THEN mine.channel ELSE '' END AS chain
    FROM finance_settlement mine WHERE mine.id = ANY(%(ids)s)
) AS told WHERE told.id = s.id AND told.chain <> s.chain
"""
_FACTS = """
SELECT s.id, s.total, s.period_start,
    (SELECT max(f.period_end) FROM finance_settlement f WHERE f.account_id = s.account_id
        AND f.currency = s.currency AND f.chain = s.chain AND f.kind = s.kind
        AND (f.period_start, f.id) < (s.period_start, s.id)) AS former_end,
    (SELECT sum(d.amount) FROM finance_deposit d WHERE d.settlement_id = s.id)
FROM finance_settlement s WHERE s.id = ANY(%(ids)s) ORDER BY s.id
"""
_SCOPES = """
SELECT settlement_id, scope, sum(amount), count(*) FROM finance_settlementline
WHERE settlement_id = ANY(%(ids)s) GROUP BY 1, 2
"""
_SAVE = """
UPDATE finance_settlement s SET state = given.state, residual = given.residual, residual_reason = given.reason,
    line_count = given.lines, checked_at = %(now)s
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(residuals)s::numeric[], %(reasons)s::text[], %(lines)s::int[])
    AS given(id, state, residual, reason, lines)
WHERE s.id = given.id
"""
_NEIGHBOURS = """
SELECT DISTINCT s.id FROM finance_settlement s JOIN finance_settlement t
    ON (t.account_id, t.currency, t.kind) = (s.account_id, s.currency, s.kind)
WHERE t.id = ANY(%(ids)s)
"""
_CHECKS = Table(
    name="finance_identitycheck",
    columns=("settlement_id", "number", "expected", "actual", "passed", "reason", "as_of"),
    key=("settlement_id", "number"),
    newer=None,
)


def refresh(settlement_ids: Sequence[int]) -> None:
    """Check these statements, and the chain of the series they belong to."""
    now = clock.now()
    series = _same_series(settlement_ids)
    with connection.cursor() as cursor:
        cursor.execute(_CHAINS, {"ids": series})
    facts = _facts(settlement_ids)
    _save(facts, now)
    rows = [(pk, check, now) for pk, told in facts.items() for check in identities.checks(told)]
    others = _facts(set(series) - facts.keys())
    rows += [(pk, identities.chain(told), now) for pk, told in others.items()]
    land(_CHECKS, ((pk, c.number, c.expected, c.actual, c.passed, c.reason, at) for pk, c, at in rows))


def _same_series(settlement_ids: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, {"ids": list(settlement_ids)})
        return [pk for (pk,) in cursor.fetchall()]


def _facts(settlement_ids: Iterable[int]) -> dict[int, Facts]:
    given = {"ids": list(settlement_ids)}
    scopes: dict[int, dict[str, Decimal]] = defaultdict(dict)
    lines: dict[int, int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_SCOPES, given)
        for pk, scope, amount, count in cursor.fetchall():
            scopes[pk][scope] = amount
            lines[pk] += count
        cursor.execute(_FACTS, given)
        return {row[0]: _told(row, scopes[row[0]], lines[row[0]]) for row in cursor.fetchall()}


def _told(row: Sequence[Any], by_scope: dict[str, Decimal], lines: int) -> Facts:
    _, total, start, former_end, deposit = row
    return Facts(
        total=total,
        line_count=lines,
        by_scope=by_scope,
        lines_sum=sum(by_scope.values(), Decimal(0)),
        deposit=deposit,
        period_start=start,
        former_end=former_end,
    )


def _save(facts: dict[int, Facts], now: datetime) -> None:
    residuals = [identities.residual(told) for told in facts.values()]
    given: dict[str, Any] = {
        "ids": list(facts),
        "states": [identities.state(told) for told in facts.values()],
        "residuals": [amount for amount, _ in residuals],
        "reasons": [reason for _, reason in residuals],
        "lines": [told.line_count for told in facts.values()],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAVE, given)
