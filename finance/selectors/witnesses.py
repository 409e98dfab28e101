"""Which orders a second source spoke of: statements, returns and pushed events, beside the list itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

_DAYS = """
SELECT o.account_id, (o.ordered_at AT TIME ZONE 'UTC')::date, count(*), count(*) FILTER (WHERE
    EXISTS (SELECT FROM finance_settlementline l WHERE l.account_id = o.account_id AND l.order_ref = o.external_id
            AND l.order_ref <> '')
    OR EXISTS (SELECT FROM inventory_return r WHERE r.account_id = o.account_id AND r.order_ref = o.external_id)
    OR EXISTS (SELECT FROM inventory_orderevent e WHERE e.account_id = o.account_id AND e.order_ref = o.external_id
               AND e.source <> 'orders'))
FROM inventory_order o WHERE o.ordered_at >= %s AND o.ordered_at < %s GROUP BY 1, 2 ORDER BY 1, 2
"""


_KINDS = """
SELECT o.account_id,
    count(*) FILTER (WHERE told.paid), count(*) FILTER (WHERE told.paid AND o.status <> 'pending'),
    count(*) FILTER (WHERE told.shipped), count(*) FILTER (WHERE told.shipped AND here.shipped),
    count(*) FILTER (WHERE told.cancelled), count(*) FILTER (WHERE told.cancelled AND here.cancelled),
    count(*) FILTER (WHERE told.returned), count(*) FILTER (WHERE told.returned AND here.returned)
FROM inventory_order o
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM finance_settlementline l WHERE l.account_id = o.account_id AND l.order_ref = o.external_id
                   AND l.order_ref <> '' AND l.line_class = 'principal') AS paid,
           coalesce(bool_or(e.kind IN ('shipped', 'delivered')), false) AS shipped,
           coalesce(bool_or(e.kind = 'cancelled'), false) AS cancelled,
           coalesce(bool_or(e.kind = 'returned'), false) AS returned
    FROM inventory_orderevent e
    WHERE e.account_id = o.account_id AND e.order_ref = o.external_id AND e.source <> 'orders') AS told
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(line.quantity_shipped > 0), false) AS shipped,
           coalesce(bool_or(line.quantity_cancelled > 0), false) AS cancelled,
           EXISTS (SELECT FROM inventory_return r WHERE r.account_id = o.account_id AND r.order_ref = o.external_id)
               AS returned
    FROM inventory_orderline line WHERE line.order_id = o.id) AS here
WHERE o.ordered_at >= %s AND o.ordered_at < %s AND o.external_id <> '' GROUP BY 1 ORDER BY 1
"""
KINDS = ("paid", "shipped", "cancelled", "returned")


@dataclass(frozen=True, slots=True)
class WitnessDay:
    """Orders placed on a UTC day, and how many of them another source than the order list spoke of as well."""

    account_id: int
    day: date
    orders: int
    witnessed: int


def days(*, since: date, until: date) -> Sequence[WitnessDay]:
    """Per account and day of the order, from `since` until before `until`."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [since, until])
        return [WitnessDay(*row) for row in cursor.fetchall()]


def kinds(*, since: date, until: date) -> dict[int, dict[str, tuple[int, int]]]:
    """By account, of what happened to orders of these days: how often another source said so, and how often we show it.

    A statement tells that an order was paid, an event of another source than the list that it was shipped, cancelled or
    returned. Kinds of which nobody spoke are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, [since, until])
        rows = cursor.fetchall()
    pairs = {row[0]: zip(KINDS, zip(row[1::2], row[2::2], strict=True), strict=True) for row in rows}
    return {account: {kind: counts for kind, counts in found if counts[0]} for account, found in pairs.items()}
