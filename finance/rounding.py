"""Posts differences that are tolerated to the rounding ledger: fees near their rule, payouts converted line by line.

What a rule says is computed, so a difference within its tolerance is rounding; what a marketplace only estimated or
quoted is not. Of fees that no finding speaks of, none is netted with another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.core import clock
from finance.closing import locked_sql
from finance.findings.fees import CHARGED, PARAMETERS
from marketplaces.selectors import accounts

_FORGET = f"""
DELETE FROM finance_roundingentry entry
WHERE (entry.order_line_id IN (SELECT order_line_id FROM touched)
        OR (entry.kind = 'exchange' AND entry.settlement_id = ANY(%(ids)s)))
    AND NOT {locked_sql("entry.account_id", "entry.month")}
"""  # noqa: S608 - fragments of one statement, no values
_POST = f"""
WITH {CHARGED}, fresh AS (
    SELECT c.account_id, 'fee' AS kind, c.currency, c.settlement_id, c.order_line_id, c.line_class,
        fee.amount AS expected, -c.amount AS actual, coalesce(c.first_seen, s.period_end, s.imported_at) AS at
    FROM charged c JOIN finance_expectedfee fee USING (order_line_id, line_class)
    JOIN finance_settlement s ON s.id = c.settlement_id
    WHERE fee.source IN ('agreed', 'published') AND fee.amount <> 0 AND fee.currency = c.currency
        AND -c.amount <> fee.amount AND abs(c.amount + fee.amount) <= fee.tolerance
    UNION ALL
    SELECT s.account_id, 'exchange', s.payout_currency, s.id, NULL, '', told.expected, told.actual,
        coalesce(s.period_end, s.imported_at)
    FROM finance_settlement s JOIN finance_identitycheck told ON told.settlement_id = s.id AND told.number = 2
    WHERE s.id = ANY(%(ids)s) AND s.payout_rate IS NOT NULL AND told.passed AND told.expected <> told.actual
), dated AS MATERIALIZED (
    SELECT fresh.*, date_trunc('month', fresh.at AT TIME ZONE zone.name) AS origin
    FROM fresh JOIN unnest(%(accounts)s::bigint[], %(zones)s::text[]) AS zone(account_id, name) USING (account_id)
), placed AS (
    SELECT origins.*, (SELECT min(m)::date FROM generate_series(origin, origin + interval '10 years', interval '1 month') AS m
        WHERE NOT {locked_sql("origins.account_id", "m")}) AS month
    FROM (SELECT DISTINCT account_id, origin FROM dated) AS origins
)
INSERT INTO finance_roundingentry (account_id, month, kind, currency, settlement_id, order_line_id, line_class, expected,
    actual, noted_at)
SELECT account_id, placed.month, kind, currency, settlement_id, order_line_id, line_class, expected, actual, %(now)s
FROM dated JOIN placed USING (account_id, origin)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - as above


def post(cursor: Any, settlement_ids: Sequence[int]) -> int:
    """Post what these statements, and the order lines in `touched` and `told`, differ by; returns how many entries are new.

    Repeated, it gives the same entries. Those of locked months stay.
    """
    if not settlement_ids:
        return 0
    known = list(accounts())
    given: dict[str, Any] = {
        "ids": list(settlement_ids), "now": clock.now(), "accounts": [account.pk for account in known],
        "zones": [account.zone() for account in known], **PARAMETERS,
    }  # fmt: skip
    cursor.execute(_FORGET, given)
    cursor.execute(_POST, given)
    return int(cursor.rowcount)
