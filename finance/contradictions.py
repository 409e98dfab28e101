"""Order lines that cannot be: more came back than was shipped, or more was refunded than was paid."""

from __future__ import annotations

from datetime import date

from django.db import connection

_FIND = """
WITH mine AS (
    SELECT o.id, o.account_id, o.external_id FROM inventory_order o
    WHERE o.account_id = %(account)s AND o.business_on >= %(since)s AND o.business_on < %(until)s
), shipped AS (
    SELECT mine.external_id, sum(line.quantity_shipped) AS units
    FROM mine JOIN inventory_orderline line ON line.order_id = mine.id GROUP BY 1
), back AS (
    SELECT mine.id, mine.external_id, r.line_ref, sum(r.quantity) AS units
    FROM mine JOIN inventory_return r ON r.account_id = mine.account_id AND r.order_ref = mine.external_id GROUP BY 1, 2, 3
)
SELECT back.external_id || ' / ' || line.external_id, back.units || ' returned of ' || line.quantity_shipped || ' shipped'
FROM back JOIN inventory_orderline line ON line.order_id = back.id AND line.external_id = back.line_ref
WHERE back.units > line.quantity_shipped
UNION ALL
SELECT external_id, sum(back.units) || ' returned of ' || shipped.units || ' shipped'
FROM back JOIN shipped USING (external_id) WHERE line_ref = '' GROUP BY external_id, shipped.units
HAVING sum(back.units) > shipped.units
UNION ALL
SELECT mine.external_id || ' / ' || line.external_id,
    round(-money.refunded, 2) || ' refunded of ' || round(money.settled, 2) || ' paid'
FROM mine JOIN inventory_orderline line ON line.order_id = mine.id
JOIN finance_orderlinemoney money ON money.order_line_id = line.id
WHERE money.settled > 0 AND -money.refunded > money.settled + 0.01
ORDER BY 1, 2
"""


def of_month(account_id: int, since: date, until: date) -> list[str]:
    """Order lines of the orders of these days (the last one excluded), each with its contradiction in words."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"account": account_id, "since": since, "until": until})
        return [f"{line} ({why})" for line, why in cursor.fetchall()]
