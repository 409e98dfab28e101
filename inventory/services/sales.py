"""The sales roll-ups: each touched day of an account is computed again from its order lines.

Apps above keep roll-ups of the same days: they register in their `apps.py` to be told which days were touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from config.core import tenancy, work
from config.core.registry import Registry
from inventory.models import Order

_LINE = """
    CASE WHEN line.quantity_cancelled = line.quantity THEN 0 ELSE
        line.item_total * (line.quantity - line.quantity_cancelled) / nullif(line.quantity, 0)
        + coalesce(line.shipping, 0) + coalesce(line.gift_wrap, 0)
        - coalesce(line.discount, 0) - coalesce(line.shipping_discount, 0) END
"""
_SOURCE = f"""
    FROM inventory_order o JOIN inventory_orderline line ON line.order_id = o.id
    CROSS JOIN LATERAL (SELECT {_LINE} AS revenue) AS worth
    WHERE o.account_id = %(account)s AND o.business_on = ANY(%(days)s) AND o.replacement_of = ''
"""
_SALES_DAY = f"""
    INSERT INTO inventory_salesday (account_id, channel, day, currency, orders, cancelled, units, revenue, unpriced)
    SELECT o.account_id, o.channel, o.business_on, o.currency, count(DISTINCT o.id),
           count(DISTINCT o.id) FILTER (WHERE o.status = 'cancelled'),
           sum(line.quantity - line.quantity_cancelled), coalesce(sum(worth.revenue), 0),
           count(DISTINCT o.id) FILTER (WHERE worth.revenue IS NULL)
    {_SOURCE} GROUP BY 1, 2, 3, 4
"""
_SKU_DAY = f"""
    INSERT INTO inventory_skuday (account_id, channel, day, sku_id, currency, fulfilment, units, revenue)
    SELECT o.account_id, o.channel, o.business_on, line.sku_id, o.currency, o.fulfilment,
           sum(line.quantity - line.quantity_cancelled), coalesce(sum(worth.revenue), 0)
    {_SOURCE} AND o.status <> 'cancelled' GROUP BY 1, 2, 3, 4, 5, 6
"""


FOLLOWERS: Registry[Callable[[int, Sequence[str]], None]] = Registry("follower of touched days")


def roll_up_later(account_id: int, order_ids: Sequence[int]) -> None:
    """Ask for the days of these orders to be computed again after the commit."""
    days = Order.objects.filter(pk__in=order_ids).values_list("business_on", flat=True).distinct()
    named = sorted(day.isoformat() for day in days)
    work.later("inventory.roll_up", account_id=account_id, days=named)
    for _, follow in FOLLOWERS:
        follow(account_id, named)


def roll_up(account_id: int, days: Sequence[str]) -> dict[str, int]:
    """Rebuild both roll-ups of an account for these days (ISO dates); the same rows as a rebuild from nothing."""
    given: dict[str, Any] = {"account": account_id, "days": [date.fromisoformat(day) for day in days]}
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.take_turn("sales", account_id)
        for table in ("inventory_salesday", "inventory_skuday"):
            cursor.execute(f"DELETE FROM {table} WHERE account_id = %(account)s AND day = ANY(%(days)s)", given)  # noqa: S608
        cursor.execute(_SALES_DAY, given)
        rows = cursor.rowcount
        cursor.execute(_SKU_DAY, given)
    return {"days": len(days), "rows": rows + cursor.rowcount}
