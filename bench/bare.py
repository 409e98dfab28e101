"""The bare join: it finds each statement line's order line and layer, and keeps nothing in order."""

from __future__ import annotations

from django.db import connection

from bench.result import seconds as measured

_JOIN = """
CREATE TABLE bench_bare AS
SELECT line.id, coalesce(exact.id, by_sku.id, by_amount.id) AS order_line_id, line.amount,
    CASE WHEN exact.id IS NOT NULL THEN 1 WHEN by_sku.id IS NOT NULL THEN 2 WHEN by_amount.id IS NOT NULL THEN 3
        WHEN line.home <> 'order' THEN 6 ELSE 7 END AS layer
FROM finance_settlementline line
LEFT JOIN inventory_orderline exact ON exact.account_id = line.account_id AND exact.order_ref = line.order_ref
    AND exact.external_id = line.line_ref
LEFT JOIN (SELECT account_id, order_ref, remote_id, min(id) AS id FROM inventory_orderline GROUP BY 1, 2, 3
    HAVING count(*) = 1) AS by_sku ON by_sku.account_id = line.account_id AND by_sku.order_ref = line.order_ref
    AND by_sku.remote_id = line.remote_id AND line.line_ref = ''
LEFT JOIN (SELECT account_id, order_ref, item_total, min(id) AS id FROM inventory_orderline GROUP BY 1, 2, 3
    HAVING count(*) = 1) AS by_amount ON by_amount.account_id = line.account_id
    AND by_amount.order_ref = line.order_ref AND by_amount.item_total = line.amount AND line.remote_id = ''
"""


def seconds() -> float:
    """How long it takes, with as much memory for its hash tables as ours; its result stands as the table `bench_bare`."""
    return measured(_join, before=_drop)


def _drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")


def _join() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '128MB'")
        cursor.execute(_JOIN)
        cursor.execute("RESET work_mem")
