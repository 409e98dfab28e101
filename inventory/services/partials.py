"""What happened to a part of an order only, as events of their own: some units cancelled or returned, a part paid.

Each says how much and of how much; a larger part is another event, the same one never a second.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.events import announce
from inventory.signals import order_events_applied

_KEEP = """
INSERT INTO inventory_orderevent
    (account_id, event_id, order_id, order_ref, kind, kind_raw, source, happened_at, received_at, facts)
SELECT account_id, left(kind || ':' || external_id || ':' || part, 160), id, external_id, kind, '', source, at, %(now)s,
    jsonb_strip_nulls(jsonb_build_object('part', part::text, 'of', whole::text, 'currency', currency))
FROM partly WHERE part > 0 AND part < whole ORDER BY id, kind
ON CONFLICT DO NOTHING RETURNING id
"""
_GOODS = f"""
WITH told AS (
    SELECT o.id, o.account_id, o.external_id, o.changed_at, sum(line.quantity) AS ordered,
        sum(line.quantity_cancelled) AS cancelled, sum(line.quantity_shipped) AS shipped
    FROM inventory_order o JOIN inventory_orderline line ON line.order_id = o.id
    WHERE o.account_id = %(account)s AND o.id = ANY(%(orders)s) GROUP BY o.id
), partly AS (
    SELECT id, account_id, external_id, 'partly_cancelled' AS kind, 'orders' AS source, cancelled AS part,
        ordered AS whole, NULL AS currency, changed_at AS at FROM told
    UNION ALL
    SELECT told.id, told.account_id, told.external_id, 'partly_returned', 'returns', back.units, told.shipped, NULL, back.at
    FROM told CROSS JOIN LATERAL (SELECT sum(r.quantity) AS units, max(r.returned_at) AS at FROM inventory_return r
        WHERE r.account_id = told.account_id AND r.order_ref = told.external_id) AS back
) {_KEEP}"""  # noqa: S608 - constant text
_PAID = f"""
WITH partly AS (
    SELECT o.id, o.account_id, o.external_id, 'partly_paid' AS kind, 'statements' AS source, sum(given.paid) AS part,
        sum(given.due) AS whole, line.currency, coalesce(max(given.at), %(now)s) AS at
    FROM jsonb_to_recordset(%(rows)s) AS given(line bigint, paid numeric, due numeric, at timestamptz)
    JOIN inventory_orderline line ON line.id = given.line JOIN inventory_order o ON o.id = line.order_id
    WHERE o.account_id = %(account)s GROUP BY o.id, line.currency
) {_KEEP}"""  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid of an order line so far and what is due, in the line's currency; a time not told is now."""

    line: int
    paid: Decimal
    due: Decimal | None
    at: datetime | None


def tell_goods(account_id: int, order_ids: Sequence[int]) -> list[int]:
    """Keep what was cancelled or returned of these orders where that is less than all; the ids of new events."""
    return _kept(account_id, _GOODS, {"orders": list(order_ids)}) if order_ids else []


def tell_paid(account_id: int, rows: Sequence[Paid]) -> list[int]:
    """Keep that these lines are paid for in part; the ids of new events."""
    given = json.dumps([asdict(row) for row in rows], default=str)
    return _kept(account_id, _PAID, {"rows": given}) if rows else []


def _kept(account_id: int, statement: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "account": account_id, "now": clock.now()})
        ids = [event_id for (event_id,) in cursor.fetchall()]
    if ids:
        announce(order_events_applied, account_id=account_id, ids=ids)
    return ids
