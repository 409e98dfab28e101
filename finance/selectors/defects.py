"""Orders that buyers complained about with their money: claims and chargebacks on statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

CLASSES = ("claim", "chargeback")
_DAYS = """
WITH heard AS (SELECT DISTINCT account_id FROM finance_settlement),
bad AS (
    SELECT DISTINCT account_id, order_ref FROM finance_settlementline
    WHERE line_class = ANY(%(classes)s) AND order_ref <> ''
)
SELECT o.account_id, o.business_on, count(*), count(bad.order_ref) FROM inventory_order o
JOIN heard ON heard.account_id = o.account_id
LEFT JOIN bad ON bad.account_id = o.account_id AND bad.order_ref = o.external_id
WHERE o.business_on BETWEEN %(since)s AND %(until)s GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DefectDay:
    """Orders placed on a store's day, and those of them with a claim or a chargeback."""

    account_id: int
    day: date
    orders: int
    defects: int


def defect_days(*, since: date, until: date) -> Sequence[DefectDay]:
    """Per account that has statements at all and day of the order, both days included."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"classes": list(CLASSES), "since": since, "until": until})
        return [DefectDay(*row) for row in cursor.fetchall()]
