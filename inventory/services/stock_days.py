"""The daily history of stock: counted where levels change, closed and carried forward where a day has passed.

Days are UTC. A level holds until it is told otherwise, so a day without news is a day like the one before. Our own
places are counted from the ledger of moves: the days of each SKU that a move has touched since the last count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection

from config.core import clock

KEPT = timedelta(days=120)
_OBSERVE = """
WITH touched AS (
    SELECT level.warehouse_id, level.sku_id, sum(level.available) AS available,
           sum(level.available) + coalesce(sum(level.reserved), 0) AS on_hand, max(level.observed_at) AS at
    FROM inventory_stocklevel level JOIN inventory_warehouse house ON house.id = level.warehouse_id
    WHERE house.account_id IS NOT NULL AND house.fulfilment = 'marketplace' AND (level.warehouse_id, level.sku_id) IN (
        SELECT warehouse_id, sku_id FROM inventory_stocklevel WHERE id = ANY(%(ids)s) AND sku_id IS NOT NULL)
    GROUP BY 1, 2
), counted AS (
    SELECT touched.*, (touched.at AT TIME ZONE 'UTC')::date AS day, last.available AS former,
           extract(epoch FROM touched.at - greatest(date_trunc('day', touched.at, 'UTC'), last.counted_to)) AS seconds
    FROM touched LEFT JOIN LATERAL (
        SELECT available, counted_to FROM inventory_stockday known
        WHERE known.sku_id = touched.sku_id AND known.warehouse_id = touched.warehouse_id
          AND known.day <= (touched.at AT TIME ZONE 'UTC')::date
        ORDER BY known.day DESC LIMIT 1) last ON true
)
INSERT INTO inventory_stockday AS stored
    (warehouse_id, sku_id, day, on_hand, available, seen_s, stocked_s, counted_to)
SELECT warehouse_id, sku_id, day, on_hand, available,
       CASE WHEN former IS NULL THEN 0 ELSE greatest(seconds, 0) END,
       CASE WHEN former > 0 THEN greatest(seconds, 0) ELSE 0 END, at
FROM counted ORDER BY sku_id, warehouse_id
ON CONFLICT (sku_id, warehouse_id, day) DO UPDATE SET
    on_hand = excluded.on_hand, available = excluded.available, counted_to = excluded.counted_to,
    seen_s = stored.seen_s + excluded.seen_s, stocked_s = stored.stocked_s + excluded.stocked_s
WHERE stored.counted_to < excluded.counted_to
"""
_BEGIN = """
INSERT INTO inventory_stockday (warehouse_id, sku_id, day, on_hand, available, seen_s, stocked_s, counted_to)
SELECT level.warehouse_id, level.sku_id, %(today)s, sum(level.available) + coalesce(sum(level.reserved), 0),
       sum(level.available), 0, 0, %(now)s
FROM inventory_stocklevel level JOIN inventory_warehouse house ON house.id = level.warehouse_id
WHERE level.sku_id IS NOT NULL AND house.account_id IS NOT NULL AND house.fulfilment = 'marketplace' AND NOT EXISTS (
    SELECT FROM inventory_stockday known WHERE known.sku_id = level.sku_id AND known.warehouse_id = level.warehouse_id)
GROUP BY 1, 2
"""
_OWN = """
WITH touched AS (
    SELECT sku_id, greatest(min((happened_at AT TIME ZONE 'UTC')::date), %(oldest)s) AS first_day
    FROM inventory_stockmove
    WHERE recorded_at >= coalesce((SELECT max(day) FROM inventory_stockday WHERE warehouse_id IS NULL)::timestamp
        AT TIME ZONE 'UTC', '-infinity')
    GROUP BY 1 HAVING min((happened_at AT TIME ZONE 'UTC')::date) < %(today)s
), points AS (
    SELECT sku_id, happened_at AS at, quantity FROM inventory_stockmove JOIN touched USING (sku_id)
    WHERE happened_at >= first_day::timestamp AT TIME ZONE 'UTC' AND happened_at < %(today)s::timestamp AT TIME ZONE 'UTC'
    UNION ALL
    SELECT sku_id, first_day::timestamp AT TIME ZONE 'UTC', sum(quantity) FROM inventory_stockmove JOIN touched USING (sku_id)
    WHERE happened_at < first_day::timestamp AT TIME ZONE 'UTC' GROUP BY 1, 2
    UNION ALL
    SELECT sku_id, day::timestamp AT TIME ZONE 'UTC', 0 FROM touched
    CROSS JOIN LATERAL generate_series(first_day, %(today)s::date - 1, interval '1 day') AS day
), held AS (
    SELECT sku_id, at, sum(sum(quantity)) OVER (PARTITION BY sku_id ORDER BY at) AS units,
           lead(at, 1, %(today)s::timestamp AT TIME ZONE 'UTC') OVER (PARTITION BY sku_id ORDER BY at) AS until
    FROM points GROUP BY sku_id, at
), told AS (
    SELECT sku_id, (at AT TIME ZONE 'UTC')::date AS day, (array_agg(units ORDER BY at DESC))[1] AS units,
           round(coalesce(sum(extract(epoch FROM until - at)) FILTER (WHERE units > 0), 0)) AS stocked
    FROM held GROUP BY 1, 2
)
INSERT INTO inventory_stockday AS stored
    (warehouse_id, sku_id, day, on_hand, available, in_stock, seen_s, stocked_s, counted_to)
SELECT NULL, sku_id, day, units, units, round(stocked / 86400, 4), 86400, stocked, (day + 1)::timestamp AT TIME ZONE 'UTC'
FROM told ORDER BY sku_id, day
ON CONFLICT (sku_id, warehouse_id, day) DO UPDATE SET
    on_hand = excluded.on_hand, available = excluded.available, in_stock = excluded.in_stock,
    seen_s = excluded.seen_s, stocked_s = excluded.stocked_s, counted_to = excluded.counted_to
WHERE (stored.on_hand, stored.in_stock) IS DISTINCT FROM (excluded.on_hand, excluded.in_stock)
"""
_CLOSE = """
UPDATE inventory_stockday AS open SET
    seen_s = open.seen_s + rest.seen, stocked_s = open.stocked_s + rest.stocked, counted_to = rest.until,
    in_stock = round((open.stocked_s + rest.stocked)::numeric / nullif(open.seen_s + rest.seen, 0), 4)
FROM (
    SELECT id, until, CASE WHEN available IS NULL THEN 0 ELSE seconds END AS seen,
           CASE WHEN available > 0 THEN seconds ELSE 0 END AS stocked
    FROM (SELECT id, available, (day + 1)::timestamp AT TIME ZONE 'UTC' AS until,
                 round(extract(epoch FROM (day + 1)::timestamp AT TIME ZONE 'UTC' - counted_to)) AS seconds
          FROM inventory_stockday
          WHERE day < %(today)s AND day >= %(oldest)s AND counted_to < (day + 1)::timestamp AT TIME ZONE 'UTC') AS late
) AS rest
WHERE rest.id = open.id
"""
_CARRY = """
INSERT INTO inventory_stockday (warehouse_id, sku_id, day, on_hand, available, in_stock, seen_s, stocked_s, counted_to)
SELECT told.warehouse_id, told.sku_id, missing::date, told.on_hand, told.available,
       CASE WHEN told.available > 0 THEN 1 WHEN told.available <= 0 THEN 0 END,
       CASE WHEN told.available IS NULL THEN 0 ELSE 86400 END, CASE WHEN told.available > 0 THEN 86400 ELSE 0 END,
       (missing::date + 1)::timestamp AT TIME ZONE 'UTC'
FROM (SELECT warehouse_id, sku_id, day, on_hand, available,
             lead(day, 1, %(today)s) OVER (PARTITION BY sku_id, warehouse_id ORDER BY day) AS next_day
      FROM inventory_stockday WHERE day >= %(oldest)s AND day < %(today)s) AS told
CROSS JOIN LATERAL generate_series(told.day + 1, told.next_day - 1, interval '1 day') AS missing
WHERE told.next_day > told.day + 1
ON CONFLICT (sku_id, warehouse_id, day) DO NOTHING
"""


def observe(level_ids: Iterable[int]) -> int:
    """Count the time until now by the former state of these levels, and begin to count by the new one."""
    with connection.cursor() as cursor:
        cursor.execute(_OBSERVE, {"ids": list(level_ids)})
        return int(cursor.rowcount)


def close() -> dict[str, int]:
    """Finish the days that have passed, carry levels over days without news, and drop what nobody asks for any more."""
    now = clock.now()
    given = {"now": now, "today": now.date(), "oldest": now.date() - KEPT}
    return {name: _run(statement, given) for name, statement in _STEPS}


_STEPS = (
    ("own", _OWN),
    ("begun", _BEGIN),
    ("closed", _CLOSE),
    ("carried", _CARRY),
    ("dropped", "DELETE FROM inventory_stockday WHERE day < %(oldest)s"),
)


def _run(statement: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)
