"""Fees of whole months that some statements charge, against their schedules; what the finding in SQL is told of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from config.core import clock
from finance.closing import former_month
from finance.selectors import fee_months
from finance.selectors.fee_months import Monthly
from finance.selectors.fee_plans import MONTHLY
from marketplaces.selectors import accounts

JUDGED_FOR = timedelta(days=120)
"""So long the stock of every day is kept; what was found of older months stays as it is."""
_CHARGED = """
SELECT line.account_id, date_trunc('month', coalesce(line.posted_at, s.period_end) AT TIME ZONE 'UTC')::date
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
WHERE line.settlement_id = ANY(%(ids)s) AND line.scope = 'account' AND line.line_class = ANY(%(classes)s)
    AND coalesce(line.posted_at, s.period_end) >= %(since)s
UNION
SELECT d.account_id, (d.evidence ->> 'month' || '-01')::date FROM finance_discrepancy d
WHERE d.settlement_id = ANY(%(ids)s) AND d.kind = 'fee_overcharge' AND d.state = 'open' AND d.order_line_id IS NULL
"""


def parameters(settlement_ids: Sequence[int]) -> dict[str, Any]:
    """`months_over`: what was charged beyond its schedule, as JSON; `months_judged`: the keys of all that can be judged."""
    given: dict[str, Any] = {
        "ids": list(settlement_ids), "classes": list(MONTHLY), "since": clock.now() - JUDGED_FOR,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CHARGED, given)
        told = list(_months(cursor.fetchall()))
    known = [(first, row) for first, row in told if row.expected is not None]
    over = [_told(first, row) for first, row in known if row.over is not None and row.over > 0]
    return {"months_judged": [_key(*each) for each in known], "months_over": json.dumps(over, default=str)}


def _months(charged: Sequence[tuple[int, date]]) -> Iterator[tuple[date, Monthly]]:
    """The months in which something was charged, and those before: some are charged for in the month after."""
    if not charged:
        return
    ids, at = {account for account, _ in charged}, {month for _, month in charged}
    firsts = sorted(at | {former_month(month) for month in at})
    for month in fee_months.months(accounts=accounts().filter(pk__in=ids), firsts=firsts):
        yield from ((month.first, row) for row in month.sums)


def _key(first: date, row: Monthly) -> str:
    return f"{row.account.pk}:{row.line_class}:{row.currency}:{first:%Y-%m}"


def _told(first: date, row: Monthly) -> dict[str, Any]:
    """What a row of the finding needs; only where the amount is known can it be over."""
    if row.charge is None or row.rule is None or row.expected is None:
        raise LookupError(f"{_key(first, row)} is not known")
    return {
        "account_id": row.account.pk, "key": _key(first, row), "line_class": row.line_class, "currency": row.currency,
        "over": row.over, "tolerance": row.tolerance, "settlement_id": row.charge.settlement_id,
        "line_id": row.charge.line_id, "evidence": {
            "class": row.line_class, "month": f"{first:%Y-%m}", "expected_fee": f"{-row.expected * row.times:.4f}",
            "charged_fee": f"{-row.charge.amount:.4f}", "tolerance": f"{row.tolerance:.4f}", "rule": row.rule.pk,
            "rule_from": str(row.rule.valid_from), "rule_source": row.rule.source,
        },
    }  # fmt: skip
