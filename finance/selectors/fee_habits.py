"""What charged fees say about rounding and VAT, per account and class; shown as a proposal, applied by a person alone."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Q

from finance import fee_sales
from finance.fee_habits import Habit, learn
from finance.models import FeeRule

MOST_CHARGES = 600
CLASSES = ("commission", "closing", "fulfilment", "payment_fee")
_CHARGES = """
SELECT found.order_line_id, line.line_class, -sum(found.amount) FROM (
    SELECT id FROM finance_settlement WHERE account_id = %(account)s AND state <> 'inconsistent'
    ORDER BY period_end DESC NULLS LAST LIMIT 12) AS s
JOIN finance_settlementline line ON line.settlement_id = s.id AND line.line_class = ANY(%(classes)s)
JOIN finance_match found ON found.settlement_line_id = line.id AND found.order_line_id IS NOT NULL
JOIN inventory_orderline item ON item.id = found.order_line_id AND item.quantity_open = 0
WHERE NOT EXISTS (SELECT FROM finance_discrepancy d WHERE d.order_line_id = found.order_line_id
    AND d.kind IN ('duplicate', 'unexpected_fee') AND d.state = 'open')
GROUP BY 1, 2 HAVING bool_and(found.amount < 0) ORDER BY 1 DESC LIMIT %(most)s
"""


def habits(*, account: Any) -> list[Habit]:
    """How the latest charges of an account were rounded, and with which VAT on top, as far as its schedules can tell."""
    with connection.cursor() as cursor:
        cursor.execute(_CHARGES, {"account": account.pk, "classes": list(CLASSES), "most": MOST_CHARGES})
        charged = cursor.fetchall()
    sales = fee_sales.sales(sorted({line for line, *_ in charged}))
    mine = Q(account=account) | Q(account=None, marketplace=account.marketplace)
    rules = list(FeeRule.objects.filter(mine, withdrawn_at=None, line_class__in=CLASSES))
    found = (
        learn(name, ((sales[line], amount) for line, kind, amount in charged if kind == name and line in sales), rules)
        for name in CLASSES
    )
    return [habit for habit in found if habit is not None]
