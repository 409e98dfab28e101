"""Runs the queries for every kind of discrepancy, and opens, updates and closes the rows that remember them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from config.core import clock, tenancy
from config.core.events import announce
from config.core.money import Money
from finance import monthly_fees, order_money, rounding, touched
from finance.classes import SALE
from finance.findings import charges, fees, payments, payouts, refunds, rows, statements
from finance.fx import convert
from finance.models import DiscrepancyKind
from finance.selectors import rates
from finance.signals import discrepancies_changed, statement_gap_found

UNPAID_AFTER, TOLD_AFTER = timedelta(days=21), timedelta(days=14)
LAG_LINES, LAGS_SINCE, LAGS_UNTIL = 200, timedelta(days=120), timedelta(days=45)
"""How many order lines, ordered so long ago, tell after how long an account pays."""
UNRETURNED_AFTER = timedelta(days=45)
CLAIMS_SINCE = timedelta(days=400)
UNMATCHED_AFTER = timedelta(days=3)
LATE_AFTER = timedelta(days=3)
URGENT_FROM, DEAR_FROM = Decimal(500), Decimal(100)
"""In the client's reporting currency."""

_EVERYWHERE = "true"
_ON_THESE = "d.settlement_id = ANY(%(ids)s)"
_OF_TOUCHED = "d.order_line_id IN (SELECT order_line_id FROM touched)"
_STAYS = """
(d.state = 'accepted' AND d.amount IS NOT DISTINCT FROM excluded.amount
    OR d.state = 'resolved' AND EXISTS (SELECT FROM finance_claim paid WHERE paid.discrepancy_id = d.id
        AND paid.state = 'recovered' AND paid.recovered >= excluded.amount))
"""
_OF_MONTHS = "d.order_line_id IS NULL AND d.key = ANY(%(months_judged)s)"
_OPEN = """
WITH found(account_id, key, severity, settlement_id, settlement_line_id, order_line_id, order_ref, amount, currency,
    evidence) AS ({select}),
saved AS (
    INSERT INTO finance_discrepancy AS d (account_id, kind, key, severity, settlement_id, settlement_line_id,
        order_line_id, order_ref, amount, currency, evidence, state, first_seen_at, last_seen_at, closed_by,
        closed_reason)
    SELECT account_id, %(kind)s, left(key, 200), severity, settlement_id, settlement_line_id, order_line_id, order_ref,
        amount, currency, evidence, 'open', %(now)s, %(now)s, '', '' FROM found
    ON CONFLICT (account_id, kind, key) DO UPDATE SET
        severity = excluded.severity, settlement_id = excluded.settlement_id, order_ref = excluded.order_ref,
        settlement_line_id = excluded.settlement_line_id, order_line_id = excluded.order_line_id,
        amount = excluded.amount, currency = excluded.currency, evidence = excluded.evidence,
        last_seen_at = excluded.last_seen_at,
        state = CASE WHEN {stays} THEN d.state ELSE 'open' END, closed_at = CASE WHEN {stays} THEN d.closed_at END
    RETURNING id, state, amount
)
SELECT saved.id, former.id IS NULL OR (former.state, former.amount) IS DISTINCT FROM (saved.state, saved.amount)
FROM saved LEFT JOIN finance_discrepancy former ON former.id = saved.id
"""
_CLOSE = """
UPDATE finance_discrepancy d SET state = 'resolved', closed_at = %(now)s, closed_by = 'rule',
    closed_reason = 'no longer found'
WHERE d.kind = %(kind)s AND d.state = 'open' AND NOT d.id = ANY(%(found)s) AND {covers}
RETURNING d.id
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind: its queries, and which of its rows are closed when they are not found."""

    kind: DiscrepancyKind
    selects: tuple[str, ...]
    covers: str


FINDINGS = (
    Finding(DiscrepancyKind.INCONSISTENT, (statements.INCONSISTENT,), _EVERYWHERE),
    Finding(DiscrepancyKind.DEPOSIT_MISMATCH, (statements.DEPOSIT_MISMATCH,), _EVERYWHERE),
    Finding(DiscrepancyKind.STATEMENT_GAP, (statements.GAP,), _EVERYWHERE),
    Finding(DiscrepancyKind.UNKNOWN_LABEL, (charges.UNKNOWN_LABEL,), _EVERYWHERE),
    Finding(DiscrepancyKind.UNMATCHED, (charges.UNMATCHED,), _EVERYWHERE),
    Finding(
        DiscrepancyKind.DUPLICATE, (charges.TWICE_PER_ORDER, charges.TWICE_LATER, charges.TWICE_PER_ACCOUNT), _ON_THESE
    ),
    Finding(DiscrepancyKind.REIMBURSEMENT_SHORT, (refunds.CLAWED_BACK, refunds.REIMBURSED_SHORT), _ON_THESE),
    Finding(DiscrepancyKind.PENALTY, (rows.PENALTY,), _ON_THESE),
    Finding(DiscrepancyKind.TAX_ANOMALY, (rows.TAX_ANOMALY,), _OF_TOUCHED),
    Finding(DiscrepancyKind.RESERVE_HELD, (payouts.RESERVE_HELD,), _EVERYWHERE),
    Finding(DiscrepancyKind.PAYOUT_RETURNED, (payouts.PAYOUT_RETURNED,), _EVERYWHERE),
    Finding(DiscrepancyKind.FX_DIFFERENCE, (payouts.FX_DIFFERENCE,), _EVERYWHERE),
    Finding(DiscrepancyKind.REFUND_WITHOUT_RETURN, (refunds.REFUND_WITHOUT_RETURN,), _EVERYWHERE),
    Finding(DiscrepancyKind.FEE_OVERCHARGE, (fees.FEE_OVERCHARGE,), _OF_TOUCHED),
    Finding(DiscrepancyKind.FEE_OVERCHARGE, (fees.MONTH_OVERCHARGE,), _OF_MONTHS),
    Finding(DiscrepancyKind.UNEXPECTED_FEE, (fees.UNEXPECTED_FEE,), _OF_TOUCHED),
    Finding(DiscrepancyKind.REFUND_WITHOUT_CREDIT, (fees.REFUND_WITHOUT_CREDIT,), _OF_TOUCHED),
    Finding(DiscrepancyKind.SHORT_PAID, (payments.SHORT_PAID,), _OF_TOUCHED),
    Finding(DiscrepancyKind.OVERPAID, (payments.OVERPAID,), _OF_TOUCHED),
    Finding(DiscrepancyKind.MISSING_PAYMENT, (payments.MISSING_PAYMENT,), _EVERYWHERE),
)


def refresh(settlement_ids: Sequence[int], *, everywhere: bool = True) -> list[int]:
    """Judge these statements, and `everywhere` what needs no statement; returns the ids of discrepancies that changed."""
    given = {**_limits(settlement_ids), **monthly_fees.parameters(settlement_ids)}
    with transaction.atomic(), connection.cursor() as cursor:
        order_money.refresh(cursor, touched.begin(cursor, settlement_ids=settlement_ids))
        touched.tell(cursor)
        asked = [finding for finding in FINDINGS if everywhere or finding.covers != _EVERYWHERE]
        changed: dict[str, list[int]] = defaultdict(list)
        for finding in asked:
            changed[finding.kind] += _one(cursor, finding, given)
        rounding.post(cursor, settlement_ids)
        touched.end(cursor)
        ids = sorted(pk for some in changed.values() for pk in some)
        if ids:
            announce(discrepancies_changed, ids=ids)
        if changed[DiscrepancyKind.STATEMENT_GAP]:
            announce(statement_gap_found, ids=changed[DiscrepancyKind.STATEMENT_GAP])
    return ids


def _limits(settlement_ids: Sequence[int]) -> dict[str, Any]:
    now = clock.now()
    return {
        "ids": list(settlement_ids),
        "now": now,
        "unpaid_after": UNPAID_AFTER,
        "told_after": TOLD_AFTER,
        "lag_lines": LAG_LINES,
        "lags_since": (now - LAGS_SINCE).date(),
        "lags_until": (now - LAGS_UNTIL).date(),
        "unmatched_before": now - UNMATCHED_AFTER,
        "late_after": LATE_AFTER,
        "refunded_before": now - UNRETURNED_AFTER,
        "claims_since": (now - CLAIMS_SINCE).date(),
        "gone": list(refunds.GONE),
        "urgent": json.dumps(_abroad(URGENT_FROM)),
        "dear": json.dumps(_abroad(DEAR_FROM)),
        "sale": list(SALE),
        **charges.CLASSES,
        **fees.PARAMETERS,
    }


def _abroad(amount: Decimal) -> dict[str, str]:
    """What an amount of the reporting currency (EUR in a schema without a client) is in each that has a rate today."""
    own, today = str(getattr(tenancy.connection.tenant, "reporting_currency", "EUR")), clock.now().date()
    codes = {own, *rates.currencies(), "EUR"}
    known, found = convert.load(codes, since=today, until=today), {}
    for code in codes:
        try:
            found[code] = str(known.convert(Money(amount, own), code, on=today).money.amount)
        except convert.MissingRate:
            continue
    return found


def _one(cursor: Any, finding: Finding, given: Mapping[str, Any]) -> list[int]:
    found: dict[int, bool] = {}
    for select in finding.selects:
        cursor.execute(_OPEN.format(select=select, stays=_STAYS), {**given, "kind": finding.kind})
        found.update(cursor.fetchall())
    cursor.execute(_CLOSE.format(covers=finding.covers), {**given, "kind": finding.kind, "found": list(found)})
    closed = [pk for (pk,) in cursor.fetchall()]
    return [pk for pk, is_changed in found.items() if is_changed] + closed
