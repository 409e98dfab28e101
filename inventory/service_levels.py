"""How orders were served, per account and day: sent in time, cancelled by us. Counts, never shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

_DISPATCH = """
WITH due AS (
    SELECT o.id, o.account_id, o.external_id, o.ship_by, o.status, o.changed_at FROM inventory_order o
    WHERE o.fulfilment = 'merchant' AND o.status <> 'cancelled' AND o.ship_by >= %(since)s AND o.ship_by < %(until)s
), sent AS (
    SELECT e.account_id, e.order_ref, min(e.happened_at) AS at FROM inventory_orderevent e
    WHERE e.kind = 'shipped' AND e.happened_at >= %(since)s - interval '60 days' GROUP BY e.account_id, e.order_ref
), items AS (
    SELECT line.order_id, count(*) AS count FROM inventory_orderline line JOIN due ON due.id = line.order_id
    WHERE line.quantity > line.quantity_cancelled GROUP BY line.order_id
), judged AS (
    SELECT due.account_id, (due.ship_by AT TIME ZONE 'UTC')::date AS day, coalesce(items.count, 0) AS items,
        CASE WHEN sent.at IS NOT NULL THEN sent.at > due.ship_by
             WHEN due.status NOT IN ('shipped', 'delivered') THEN TRUE
             WHEN due.changed_at <= due.ship_by THEN FALSE END AS is_late
    FROM due LEFT JOIN sent ON sent.account_id = due.account_id AND sent.order_ref = due.external_id
    LEFT JOIN items ON items.order_id = due.id
)
SELECT account_id, day, count(*) FILTER (WHERE is_late IS NOT NULL), count(*) FILTER (WHERE is_late),
    coalesce(sum(items) FILTER (WHERE is_late IS NOT NULL), 0), coalesce(sum(items) FILTER (WHERE is_late), 0),
    count(*) FILTER (WHERE is_late IS NULL)
FROM judged GROUP BY account_id, day ORDER BY account_id, day
"""
_CANCELLED = """
SELECT o.account_id, o.business_on, coalesce(max(o.currency), ''), count(*),
    count(*) FILTER (WHERE mine.units > 0), coalesce(sum(mine.value), 0)
FROM inventory_order o LEFT JOIN (
    SELECT line.order_id, sum(line.quantity_cancelled) AS units,
        sum(line.item_total * line.quantity_cancelled / nullif(line.quantity, 0)) AS value
    FROM inventory_orderline line
    WHERE line.quantity_cancelled > 0 AND NOT line.cancel_requested GROUP BY line.order_id
) mine ON mine.order_id = o.id AND NOT EXISTS (
    SELECT FROM inventory_orderevent e
    WHERE e.account_id = o.account_id AND e.order_ref = o.external_id AND e.kind = 'cancel_requested')
WHERE o.business_on >= %(since)s AND o.business_on <= %(until)s
GROUP BY o.account_id, o.business_on, o.currency ORDER BY o.account_id, o.business_on, o.currency
"""
_SCANS = """
SELECT o.account_id, (l.bought_at AT TIME ZONE 'UTC')::date, count(*), count(l.first_scan_at)
FROM inventory_label l JOIN inventory_parcel p ON p.id = l.parcel_id JOIN inventory_shipment s ON s.id = p.shipment_id
JOIN inventory_order o ON o.id = s.order_id
WHERE l.kind = 'outbound' AND l.state = 'bought' AND l.bought_at >= %(since)s AND l.bought_at < %(until)s
GROUP BY 1, 2 ORDER BY 1, 2
"""
_SHORT = """
SELECT short.account_id, (short.since AT TIME ZONE 'UTC')::date, count(DISTINCT line.order_id)
FROM inventory_shortage short JOIN inventory_orderline line ON line.id = short.order_line_id
WHERE short.missing > 0 AND short.since >= %(since)s AND short.since < %(until)s GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DispatchDay:
    """Orders whose promise to ship fell on a day, and those of them that left later or not at all.

    `unknown` orders left, but nothing says when; they are in no other count.
    """

    account_id: int
    day: date
    orders: int
    late_orders: int
    items: int
    late_items: int
    unknown: int


@dataclass(frozen=True, slots=True)
class CancelDay:
    """Orders placed on a store's day in one currency, and those of which we cancelled units that no buyer gave up."""

    account_id: int
    day: date
    currency: str
    orders: int
    cancelled: int
    value: Decimal


def dispatch_days(*, since: date, until: date) -> Sequence[DispatchDay]:
    """Per account and UTC day of the promise, from `since` until before `until`; the marketplace's parcels are not ours."""
    return [DispatchDay(*row) for row in _read(_DISPATCH, since, until)]


def cancel_days(*, since: date, until: date) -> Sequence[CancelDay]:
    """Per account, day of the order and currency, both days included; `value` is what the cancelled units would cost."""
    return [CancelDay(*row) for row in _read(_CANCELLED, since, until)]


@dataclass(frozen=True, slots=True)
class ScanDay:
    """Parcels whose label was bought on a UTC day, and those that a carrier has scanned."""

    account_id: int
    day: date
    parcels: int
    scanned: int


def scan_days(*, since: date, until: datetime) -> Sequence[ScanDay]:
    """Per account and day, for labels bought from `since` until before `until`."""
    return [ScanDay(*row) for row in _read(_SCANS, since, until)]


def short_days(*, since: date, until: date) -> Sequence[tuple[int, date, int]]:
    """Account, UTC day since which goods are missing, and orders that still cannot be served; before `until`."""
    return [(account_id, day, orders) for account_id, day, orders in _read(_SHORT, since, until)]


def _read(question: str, since: date, until: date | datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, {"since": since, "until": until})
        return cursor.fetchall()
