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
