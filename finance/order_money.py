"""Rebuilds the money of order lines as sets: expected, settled, variance and state.

Expected is what the buyer paid for the units: price, shipping and wrapping less discounts. Whether tax comes on top of
it or is contained is learned per account and storefront from the lines that agree, those at hand and the newest of those
rebuilt before; undecided, the smaller one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from config.core import clock
from finance.classes import REFUNDS, SALE
from finance.money_states import BASIS, STATE

NEWEST_TOLD = 200
RECOVERS = ("reimbursement", "claim")
_REBUILD = f"""
WITH chains AS (
    SELECT account_id, currency, chain, max(period_end) AS last FROM finance_settlement
    WHERE kind <> 'advertising' AND line_count > 0 GROUP BY 1, 2, 3
), sums AS (
    SELECT line.order_line_id, sum(line.amount) AS total,
        sum(line.amount) FILTER (WHERE line.line_class = ANY(%(sale)s)) AS settled,
        coalesce(bool_or(line.line_class = 'principal'), false) AS has_sale,
        sum(abs(line.quantity)) FILTER (WHERE line.line_class = 'principal') AS units,
        sum(line.amount) FILTER (WHERE line.line_class = ANY(%(refund)s)) AS refunded,
        sum(line.amount) FILTER (WHERE line.line_class = 'chargeback') AS charged_back,
        sum(line.amount) FILTER (WHERE line.line_class = ANY(%(recovers)s)) AS recovered,
        max(line.settlement_id) FILTER (WHERE line.line_class = 'principal') AS settlement_id,
        bool_or(s.state = 'inconsistent') FILTER (WHERE line.line_class = ANY(%(sale)s)) AS is_doubtful,
        bool_and(s.state IN ('locked', 'reissued')) AS is_locked
    FROM told line JOIN finance_settlement s ON s.id = line.settlement_id
    JOIN inventory_orderline item ON item.id = line.order_line_id AND item.currency = line.currency
    GROUP BY 1
), known AS (
    SELECT item.id AS order_line_id, item.account_id, o.channel, o.business_on, item.currency, item.changed_at,
        left_us.units AS units_due, coalesce(sums.units, 0) AS units_settled, coalesce(sums.has_sale, false) AS has_sale,
        coalesce(sums.settled, 0) AS settled, coalesce(sums.total, 0) AS total, coalesce(sums.refunded, 0) AS refunded,
        coalesce(sums.charged_back, 0) AS charged_back, coalesce(sums.recovered, 0) AS recovered, sums.settlement_id,
        coalesce(sums.is_doubtful, false) AS is_doubtful, coalesce(sums.is_locked, false) AS is_locked,
        round(item.item_total * sold.units / item.quantity + sold.share * extra.amount, 2) AS contained,
        round(coalesce(item.tax, 0) * sold.units / item.quantity, 2) AS tax,
        round(item.item_total * left_us.units / item.quantity + whole.share * extra.amount, 2) AS due,
        round(coalesce(item.tax, 0) * left_us.units / item.quantity, 2) AS tax_due,
        item.quantity_shipped > 0 AND chain.last >= coalesce(item.shipped_at, o.changed_at) AS is_covered,
        coalesce(back.units, 0) AS units_returned
    FROM touched JOIN inventory_orderline item ON item.id = touched.order_line_id
    JOIN inventory_order o ON o.id = item.order_id
    LEFT JOIN sums ON sums.order_line_id = item.id
    CROSS JOIN LATERAL (SELECT coalesce(nullif(item.quantity_shipped, 0), item.quantity - item.quantity_cancelled)
        AS units, greatest(item.quantity - item.quantity_cancelled, 1)::numeric AS most) AS left_us
    CROSS JOIN LATERAL (SELECT least(coalesce(nullif(sums.units, 0), left_us.units), left_us.units) AS units) AS now
    CROSS JOIN LATERAL (SELECT now.units, least(1, now.units / left_us.most) AS share) AS sold
    CROSS JOIN LATERAL (SELECT least(1, left_us.units / left_us.most) AS share) AS whole
    CROSS JOIN LATERAL (SELECT coalesce(item.shipping, 0) + coalesce(item.gift_wrap, 0) - coalesce(item.discount, 0)
        - coalesce(item.shipping_discount, 0) AS amount) AS extra
    CROSS JOIN LATERAL (SELECT max(c.last) AS last FROM chains c WHERE c.account_id = item.account_id
        AND c.currency = item.currency AND c.chain IN ('', o.channel)) AS chain
    CROSS JOIN LATERAL (SELECT sum(r.quantity) AS units FROM inventory_return r
        WHERE r.account_id = item.account_id AND r.order_ref = item.order_ref AND (r.line_ref = item.external_id
            OR (r.line_ref = '' AND (r.remote_id = item.remote_id OR EXISTS (SELECT FROM catalog_remoteproduct known
                WHERE known.account_id = item.account_id AND known.remote_id = item.remote_id
                AND known.product_ids @> jsonb_build_array(jsonb_build_object('kind', split_part(r.remote_id, ':', 1),
                    'value', split_part(r.remote_id, ':', 2)))))))) AS back
    WHERE item.quantity > 0 AND (left_us.units > 0 OR sums.order_line_id IS NOT NULL)
), fits AS (
    SELECT account_id, channel, CASE WHEN abs(settled - contained - tax) < 0.01 THEN true
        WHEN abs(settled - contained) < 0.01 THEN false END AS is_apart FROM known WHERE has_sale AND tax <> 0
), shops AS (SELECT DISTINCT account_id, channel FROM known
), habit AS (
    SELECT account_id, channel, count(*) FILTER (WHERE is_apart) > count(*) FILTER (WHERE NOT is_apart) AS is_apart
    FROM (SELECT account_id, channel, is_apart FROM fits UNION ALL SELECT shops.*, before.is_tax_apart FROM shops
        CROSS JOIN LATERAL (SELECT m.is_tax_apart FROM finance_orderlinemoney m WHERE m.account_id = shops.account_id
            AND m.channel = shops.channel AND m.is_tax_apart IS NOT NULL
            ORDER BY m.order_line_id DESC LIMIT {NEWEST_TOLD}) AS before) AS told_by
    WHERE is_apart IS NOT NULL GROUP BY 1, 2
), judged AS (
    SELECT known.*, due + CASE WHEN apart.it THEN tax_due ELSE 0 END AS expected,
        CASE WHEN has_sale THEN settled - CASE WHEN apart.it THEN contained + tax WHEN NOT apart.it THEN contained
            ELSE least(greatest(settled, contained), contained + tax) END END AS variance,
        CASE WHEN NOT has_sale OR tax = 0 THEN NULL WHEN abs(settled - contained - tax) < 0.01 THEN true
            WHEN abs(settled - contained) < 0.01 THEN false END AS is_tax_apart,
        EXISTS (SELECT FROM finance_claim c WHERE c.order_line_id = known.order_line_id AND c.state = 'submitted')
            AS is_disputed,
        EXISTS (SELECT FROM finance_claim c WHERE c.order_line_id = known.order_line_id AND c.state = 'recovered')
            AS is_won,
        EXISTS (SELECT FROM finance_writeoff w JOIN finance_discrepancy d ON d.id = w.discrepancy_id
            WHERE d.order_line_id = known.order_line_id AND w.state = 'approved') AS is_written_off
    FROM known LEFT JOIN habit USING (account_id, channel)
    CROSS JOIN LATERAL (SELECT habit.is_apart AS it) AS apart
), based AS (SELECT judged.*, {BASIS} AS basis FROM judged)
INSERT INTO finance_orderlinemoney (order_line_id, account_id, channel, ordered_on, currency, expected, settled, variance,
    refunded, recovered, total, is_tax_apart, is_doubtful, state, basis, settlement_id, line_changed_at, rebuilt_at)
SELECT order_line_id, account_id, channel, business_on, currency, expected, settled, variance, refunded, recovered, total,
    is_tax_apart, is_doubtful, {STATE}, basis, settlement_id, changed_at, %(now)s FROM based ORDER BY order_line_id
ON CONFLICT (order_line_id) DO UPDATE SET (account_id, channel, ordered_on, currency, expected, settled, variance,
    refunded, recovered, total, is_tax_apart, is_doubtful, state, basis, settlement_id, line_changed_at, rebuilt_at) =
    (excluded.account_id, excluded.channel, excluded.ordered_on, excluded.currency, excluded.expected, excluded.settled,
    excluded.variance, excluded.refunded, excluded.recovered, excluded.total, excluded.is_tax_apart,
    excluded.is_doubtful, excluded.state, excluded.basis, excluded.settlement_id, excluded.line_changed_at,
    excluded.rebuilt_at)
WHERE (finance_orderlinemoney.expected, finance_orderlinemoney.settled, finance_orderlinemoney.variance,
    finance_orderlinemoney.refunded, finance_orderlinemoney.recovered, finance_orderlinemoney.total,
    finance_orderlinemoney.is_tax_apart, finance_orderlinemoney.is_doubtful, finance_orderlinemoney.state,
    finance_orderlinemoney.line_changed_at, finance_orderlinemoney.settlement_id)
    IS DISTINCT FROM (excluded.expected, excluded.settled, excluded.variance, excluded.refunded, excluded.recovered,
    excluded.total, excluded.is_tax_apart, excluded.is_doubtful, excluded.state, excluded.line_changed_at,
    excluded.settlement_id)
"""  # noqa: S608 - constant text
_STALE = """
SELECT item.id FROM inventory_order o JOIN inventory_orderline item ON item.order_id = o.id
LEFT JOIN finance_orderlinemoney money ON money.order_line_id = item.id
WHERE o.business_on >= %s AND item.quantity > item.quantity_cancelled
    AND (money.order_line_id IS NULL OR money.line_changed_at <> item.changed_at)
ORDER BY item.id LIMIT %s
"""
_COLUMNS = """line.id, line.settlement_id, line.account_id, line.row_no, line.line_class, line.label_type,
    line.label_group, line.label_text, found.amount, line.currency, line.posted_at, line.order_ref, line.shipment_ref,
    line.quantity, line.is_reversal, found.order_line_id, found.layer"""
_TOUCHED_BY_STATEMENTS = """
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT DISTINCT found.order_line_id, line.account_id, CASE WHEN found.layer IN (4, 8) THEN item.order_ref
    ELSE line.order_ref END AS order_ref
FROM finance_settlementline line JOIN finance_match found ON found.settlement_line_id = line.id
LEFT JOIN inventory_orderline item ON item.id = found.order_line_id AND found.layer IN (4, 8)
WHERE line.settlement_id = ANY(%(ids)s) AND found.order_line_id IS NOT NULL
"""
_TOUCHED_LINES = """
CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT item.id AS order_line_id, item.account_id, item.order_ref FROM inventory_orderline item
WHERE item.id = ANY(%(lines)s)
"""
_TOLD = f"""
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT {_COLUMNS} FROM touched JOIN finance_settlementline line USING (account_id, order_ref)
JOIN finance_match found ON found.settlement_line_id = line.id AND found.order_line_id = touched.order_line_id
UNION ALL
SELECT {_COLUMNS} FROM touched
JOIN finance_match found ON found.order_line_id = touched.order_line_id AND found.layer IN (4, 8)
JOIN finance_settlementline line ON line.id = found.settlement_line_id AND line.order_ref <> touched.order_ref
"""  # noqa: S608 - constant text


def tell(cursor: Any, *, settlement_ids: Sequence[int] = (), order_line_ids: Sequence[int] = ()) -> None:
    """Make the temporary tables `touched` (order lines) and `told` (all that statements say of them, part by part)."""
    cursor.execute("DROP TABLE IF EXISTS touched, told")
    if order_line_ids:
        cursor.execute(_TOUCHED_LINES, {"lines": list(order_line_ids)})
    else:
        cursor.execute(_TOUCHED_BY_STATEMENTS, {"ids": list(settlement_ids)})
    cursor.execute("ANALYZE touched")  # without it, the planner takes these joins for one row and loops
    cursor.execute(_TOLD)
    cursor.execute("ANALYZE told")


def refresh(cursor: Any) -> int:
    """Rebuild the money of the order lines in `touched`; gives how many rows changed."""
    given = {"sale": list(SALE), "refund": list(REFUNDS), "recovers": list(RECOVERS), "now": clock.now()}
    cursor.execute(_REBUILD, given)
    return int(cursor.rowcount)


def rebuild(order_line_ids: Sequence[int]) -> int:
    """Rebuild the money of these order lines; repeated, it changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        tell(cursor, order_line_ids=order_line_ids)
        changed = refresh(cursor)
        cursor.execute("DROP TABLE touched, told")
    return changed


def stale(*, since: Any, most: int) -> list[int]:
    """Order lines since a day that have no row, or changed after theirs was built."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [since, most])
        return [pk for (pk,) in cursor.fetchall()]
