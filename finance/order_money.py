"""Rebuilds the money of order lines as sets: expected, settled, variance and state.

Expected is what the buyer paid for the units: price, shipping and wrapping less discounts. Whether tax comes on top of
it or is contained is learned per account and storefront from the lines that agree, those at hand and the newest of those
rebuilt before; undecided, the smaller one counts. OFFSET 0 has an expression that is used often computed once per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from config.core import clock
from finance import touched
from finance.money_states import BASIS, STATE

NEWEST_TOLD = 200
_JUDGED = ("expected", "settled", "variance", "refunded", "recovered", "total", "is_tax_apart", "is_doubtful", "state",
           "line_changed_at", "settlement_id")  # fmt: skip
_WRITTEN = ("account_id", "channel", "ordered_on", "currency", "basis", "rebuilt_at", *_JUDGED)
"""What is written where one of the judged columns differs."""


def _of(table: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in columns)


_SOLD = """
    JOIN inventory_orderline item ON item.id = told.order_line_id AND item.currency = told.currency
        AND (item.account_id = ANY(%(accounts)s)) IS TRUE
    JOIN inventory_order o ON o.id = item.order_id AND (o.account_id = ANY(%(accounts)s)) IS TRUE
    CROSS JOIN LATERAL (SELECT coalesce(nullif(item.quantity_shipped, 0), item.quantity - item.quantity_cancelled)
        AS units, greatest(item.quantity - item.quantity_cancelled, 1)::numeric AS most) AS left_us
    CROSS JOIN LATERAL (SELECT least(coalesce(nullif(told.units, 0), left_us.units), left_us.units) AS units) AS now
    CROSS JOIN LATERAL (SELECT CASE WHEN num_nonnulls(item.shipping, item.gift_wrap, item.discount, item.shipping_discount)
        = 0 THEN 0 ELSE coalesce(item.shipping, 0) + coalesce(item.gift_wrap, 0) - coalesce(item.discount, 0)
        - coalesce(item.shipping_discount, 0) END AS amount) AS extra"""


def _worth(units: str) -> str:
    """What so many of a line's units are worth to the buyer, without tax on top."""
    return f"""CASE WHEN {units} = item.quantity THEN round(item.item_total + extra.amount, 2) ELSE
        round(item.item_total * {units} / item.quantity + least(1, {units} / left_us.most) * extra.amount, 2) END"""


def _tax(units: str) -> str:
    return f"CASE WHEN item.tax <> 0 THEN round(item.tax * {units} / item.quantity, 2) ELSE 0 END"


_HAS_SALE = f"coalesce(told.flags & {touched.PRINCIPAL} <> 0, false)"
_IS_APART = """CASE WHEN abs(settled - contained - tax) < 0.01 THEN true
    WHEN abs(settled - contained) < 0.01 THEN false END"""
_LEARN = f"""
CREATE TEMPORARY TABLE habit ON COMMIT DROP AS
WITH RECURSIVE shops AS (
    SELECT account_id, (SELECT min(m.channel) FROM finance_orderlinemoney m WHERE m.account_id = given.account_id
        AND m.is_tax_apart IS NOT NULL) AS channel FROM unnest(%(accounts)s::bigint[]) AS given(account_id)
    UNION ALL SELECT account_id, (SELECT min(m.channel) FROM finance_orderlinemoney m WHERE m.account_id = shops.account_id
        AND m.channel > shops.channel AND m.is_tax_apart IS NOT NULL) FROM shops WHERE channel IS NOT NULL
), taxed AS (
    SELECT item.account_id, o.channel, coalesce(told.settled, 0) AS settled, {_worth("now.units")} AS contained,
        {_tax("now.units")} AS tax FROM touched told {_SOLD} WHERE item.tax <> 0 AND item.quantity > 0 AND {_HAS_SALE}
)
SELECT account_id, channel, count(*) FILTER (WHERE is_apart) > count(*) FILTER (WHERE NOT is_apart) AS is_apart
FROM (SELECT account_id, channel, {_IS_APART} AS is_apart FROM taxed WHERE tax <> 0
    UNION ALL SELECT shops.*, before.is_tax_apart FROM shops CROSS JOIN LATERAL (
        SELECT m.is_tax_apart FROM finance_orderlinemoney m WHERE m.account_id = shops.account_id
            AND m.channel = shops.channel AND m.is_tax_apart IS NOT NULL
        ORDER BY m.order_line_id DESC LIMIT {NEWEST_TOLD}) AS before) AS told_by
WHERE is_apart IS NOT NULL GROUP BY 1, 2
"""  # noqa: S608 - constant text
_REBUILD = f"""
WITH chains AS (
    SELECT account_id, currency, chain, max(period_end) AS last FROM finance_settlement
    WHERE kind <> 'advertising' AND line_count > 0 GROUP BY 1, 2, 3
), claims AS (
    SELECT order_line_id, bool_or(state <> 'recovered') AS is_disputed, bool_or(state = 'recovered') AS is_won
    FROM finance_claim WHERE state IN ('submitted', 'partly_recovered', 'recovered') GROUP BY 1
), written_off AS (
    SELECT DISTINCT d.order_line_id FROM finance_writeoff w JOIN finance_discrepancy d ON d.id = w.discrepancy_id
    WHERE w.state = 'approved' AND d.order_line_id IS NOT NULL
), returned AS (
    SELECT item.id AS order_line_id, sum(r.quantity) AS units
    FROM touched JOIN inventory_orderline item ON item.id = touched.order_line_id AND item.currency = touched.currency
    JOIN inventory_return r ON r.account_id = item.account_id AND r.order_ref = item.order_ref
    WHERE r.line_ref = item.external_id OR (r.line_ref = '' AND (r.remote_id = item.remote_id
        OR EXISTS (SELECT FROM catalog_remoteproduct known WHERE known.account_id = item.account_id
            AND known.remote_id = item.remote_id AND known.product_ids @> jsonb_build_array(jsonb_build_object(
                'kind', split_part(r.remote_id, ':', 1), 'value', split_part(r.remote_id, ':', 2))))))
    GROUP BY 1
), known AS (
    SELECT item.id AS order_line_id, item.account_id, o.channel, o.business_on AS ordered_on, item.currency,
        item.changed_at AS line_changed_at, %(now)s::timestamptz AS rebuilt_at,
        left_us.units AS units_due, coalesce(told.units, 0) AS units_settled, {_HAS_SALE} AS has_sale,
        coalesce(told.settled, 0) AS settled, coalesce(told.total, 0) AS total, coalesce(told.refunded, 0) AS refunded,
        coalesce(told.charged_back, 0) AS charged_back, coalesce(told.recovered, 0) AS recovered, told.settlement_id,
        coalesce(told.flags & {touched.DOUBTFUL} <> 0, false) AS is_doubtful,
        coalesce(told.flags & {touched.OPEN} = 0, false) AS is_locked,
        {_worth("now.units")} AS contained, {_tax("now.units")} AS tax, {_worth("left_us.units")} AS due,
        {_tax("left_us.units")} AS tax_due, habit.is_apart,
        item.quantity_shipped > 0 AND greatest(whole.last, own.last) >= coalesce(item.shipped_at, o.changed_at) AS is_covered,
        coalesce(returned.units, 0) AS units_returned, coalesce(claims.is_disputed, false) AS is_disputed,
        coalesce(claims.is_won, false) AS is_won, written_off.order_line_id IS NOT NULL AS is_written_off
    FROM touched told {_SOLD}
    LEFT JOIN chains whole ON whole.account_id = item.account_id AND whole.currency = item.currency AND whole.chain = ''
    LEFT JOIN chains own ON own.account_id = item.account_id AND own.currency = item.currency AND own.chain = o.channel
    LEFT JOIN returned ON returned.order_line_id = item.id
    LEFT JOIN claims ON claims.order_line_id = item.id
    LEFT JOIN written_off ON written_off.order_line_id = item.id
    LEFT JOIN habit ON habit.account_id = item.account_id AND habit.channel = o.channel
    WHERE item.quantity > 0 AND (left_us.units > 0 OR told.total IS NOT NULL) OFFSET 0
), judged AS (
    SELECT known.*, due + CASE WHEN is_apart THEN tax_due ELSE 0 END AS expected,
        CASE WHEN has_sale THEN settled - CASE WHEN is_apart THEN contained + tax WHEN NOT is_apart THEN contained
            ELSE least(greatest(settled, contained), contained + tax) END END AS variance,
        CASE WHEN has_sale AND tax <> 0 THEN {_IS_APART} END AS is_tax_apart
    FROM known OFFSET 0
), based AS (SELECT judged.*, {BASIS} AS basis FROM judged)
MERGE INTO finance_orderlinemoney AS money
USING (SELECT based.*, {STATE} AS state FROM based) AS told ON told.order_line_id = money.order_line_id
WHEN MATCHED AND ({_of("money", _JUDGED)}) IS DISTINCT FROM ({_of("told", _JUDGED)}) THEN
    UPDATE SET ({", ".join(_WRITTEN)}) = ({_of("told", _WRITTEN)})
WHEN NOT MATCHED THEN INSERT (order_line_id, {", ".join(_WRITTEN)}) VALUES (told.order_line_id, {_of("told", _WRITTEN)})
"""  # noqa: S608 - constant text
_STALE = """
SELECT item.id FROM inventory_order o JOIN inventory_orderline item ON item.order_id = o.id
LEFT JOIN finance_orderlinemoney money ON money.order_line_id = item.id
WHERE o.business_on >= %s AND item.quantity > item.quantity_cancelled
    AND (money.order_line_id IS NULL OR money.line_changed_at <> item.changed_at)
ORDER BY item.id LIMIT %s
"""


def refresh(cursor: Any, accounts: Sequence[int]) -> int:
    """Rebuild the money of the order lines in `touched`, which are of these accounts; gives how many rows changed."""
    given = {"accounts": list(accounts), "now": clock.now()}
    cursor.execute(_LEARN, given)
    cursor.execute("ANALYZE habit")
    cursor.execute(_REBUILD, given)
    changed = int(cursor.rowcount)
    cursor.execute("DROP TABLE habit")
    return changed


def rebuild(order_line_ids: Sequence[int]) -> int:
    """Rebuild the money of these order lines; repeated, it changes nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        changed = refresh(cursor, touched.begin(cursor, order_line_ids=order_line_ids))
        touched.end(cursor)
    return changed


def stale(*, since: Any, most: int) -> list[int]:
    """Order lines since a day that have no row, or changed after theirs was built."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [since, most])
        return [pk for (pk,) in cursor.fetchall()]
