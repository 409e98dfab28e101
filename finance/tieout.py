"""Checks statements against the identities and writes down state, residual and the result of each identity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.bulk import Table, land
from config.core.money import minor_unit
from finance import identities
from finance.classes import Scope
from finance.identities import ZERO, Facts

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
    (SELECT sum(d.amount + d.fee) FROM finance_deposit d WHERE d.settlement_id = s.id AND d.returned_on IS NULL
        AND d.currency = CASE WHEN s.payout_rate IS NULL THEN s.currency ELSE s.payout_currency END),
    s.payout_rate, CASE WHEN NOT EXISTS (SELECT FROM finance_deposit d WHERE d.settlement_id = s.id AND d.fee <> 0
        AND d.returned_on IS NULL) THEN s.payout_fee END, s.payout_currency,
    (SELECT CASE WHEN f.state <> 'inconsistent' AND f.line_count > 0
            AND s.period_start - f.period_end <= interval '1 hour' THEN (SELECT coalesce(-sum(held.amount), 0)
            FROM finance_settlementline held WHERE held.settlement_id = f.id AND held.scope = 'reserve'
                AND held.line_class = 'reserve_in') END
        FROM finance_settlement f WHERE f.account_id = s.account_id AND f.currency = s.currency AND f.chain = s.chain
            AND f.kind = s.kind AND (f.period_start, f.id) < (s.period_start, s.id)
        ORDER BY f.period_start DESC, f.id DESC LIMIT 1) AS former_held
FROM finance_settlement s WHERE s.id = ANY(%(ids)s) ORDER BY s.id
"""
_SCOPES = """
SELECT line.settlement_id, line.scope, coalesce(sum(line.amount) FILTER (WHERE whole.it), 0), count(*) FILTER (WHERE whole.it),
    coalesce(sum(line.amount) FILTER (WHERE whole.it AND line.line_class = 'reserve_out'), 0),
    coalesce(sum(line.amount) FILTER (WHERE whole.it AND (line.home = 'order' OR line.scope = 'order')), 0),
    coalesce(sum(found.amount) FILTER (WHERE found.order_line_id IS NOT NULL), 0)
FROM finance_settlementline line LEFT JOIN finance_match found ON found.settlement_line_id = line.id
CROSS JOIN LATERAL (SELECT coalesce(found.part, 1) = 1 AS it) AS whole
WHERE line.settlement_id = ANY(%(ids)s) GROUP BY 1, 2
"""
_SAVE = """
UPDATE finance_settlement s SET state = CASE WHEN s.state IN ('locked', 'reissued')
        OR (s.state IN ('approved', 'exported') AND given.state = 'matched') THEN s.state
        ELSE given.state END, residual = given.residual, residual_reason = given.reason,
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
_SERIES = """
SELECT id, period_start, max(period_end) OVER (chain ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    lag(id) OVER chain
FROM finance_settlement WHERE id = ANY(%(ids)s)
WINDOW chain AS (PARTITION BY account_id, currency, chain, kind ORDER BY period_start, id)
"""
CHECKS = Table(
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
    following = []
    for pk, start, former_end, former in _series(series):
        if pk not in facts:
            rows.append(
                (pk, identities.chain(Facts(total=None, line_count=0, period_start=start, former_end=former_end)), now)
            )
            following += [pk] if former in facts else []
    rows += [(pk, identities.roll_forward(told), now) for pk, told in _facts(following).items()]
    land(CHECKS, ((pk, c.number, c.expected, c.actual, c.passed, c.reason, at) for pk, c, at in rows))


def _series(ids: Sequence[int]) -> list[tuple[int, datetime | None, datetime | None, int | None]]:
    """Statement, its start, the end of what came before in its chain, and the statement just before it."""
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, {"ids": list(ids)})
        return cursor.fetchall()


def _same_series(settlement_ids: Sequence[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEIGHBOURS, {"ids": list(settlement_ids)})
        return [pk for (pk,) in cursor.fetchall()]


@dataclass(slots=True)
class _Sums:
    """What the lines of one statement add up to."""

    by_scope: dict[str, Decimal] = field(default_factory=dict)
    lines: int = 0
    released: Decimal = ZERO
    reserve: Decimal = ZERO
    of_orders: Decimal = ZERO
    matched: Decimal = ZERO


def _facts(settlement_ids: Iterable[int]) -> dict[int, Facts]:
    given = {"ids": list(settlement_ids)}
    sums: dict[int, _Sums] = defaultdict(_Sums)
    with connection.cursor() as cursor:
        cursor.execute(_SCOPES, given)
        for pk, scope, amount, count, released, of_orders, matched in cursor.fetchall():
            mine = sums[pk]
            mine.by_scope[scope] = amount
            mine.lines += count
            mine.matched += matched
            if scope == Scope.RESERVE:
                mine.released, mine.reserve = released, amount
            if scope in (Scope.ORDER, Scope.QUARANTINE):
                mine.of_orders += of_orders
        cursor.execute(_FACTS, given)
        return {row[0]: _told(row, sums[row[0]]) for row in cursor.fetchall()}


def _told(row: Sequence[Any], sums: _Sums) -> Facts:
    _, total, start, former_end, deposit, rate, fee, payout_currency, former_held = row
    return Facts(
        total=total,
        line_count=sums.lines,
        by_scope=sums.by_scope,
        lines_sum=sum(sums.by_scope.values(), ZERO),
        deposit=deposit,
        period_start=start,
        former_end=former_end,
        payout_rate=rate,
        payout_fee=fee,
        payout_unit=minor_unit(payout_currency),
        released=sums.released,
        held=sums.released - sums.reserve,
        former_held=former_held,
        of_orders=sums.of_orders,
        matched=sums.matched,
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
