"""Rows that waited for a product to be linked."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from config.core.events import announce
from inventory.services import offers, sales, stock, stock_days
from inventory.signals import orders_applied

_CARRY = """
UPDATE {table} AS row SET sku_id = remote.sku_id FROM catalog_remoteproduct AS remote
WHERE remote.id = ANY(%(ids)s) AND row.account_id = remote.account_id AND row.remote_id = remote.remote_id
  AND row.sku_id IS DISTINCT FROM remote.sku_id
RETURNING {returning}
"""
_CARRY_STOCK = """
UPDATE {table} AS level SET sku_id = remote.sku_id
FROM catalog_remoteproduct AS remote JOIN inventory_warehouse AS house ON house.account_id = remote.account_id
WHERE remote.id = ANY(%(ids)s) AND level.warehouse_id = house.id AND level.remote_id = remote.remote_id
  AND level.sku_id IS DISTINCT FROM remote.sku_id
RETURNING level.id
"""
_LINKED = """
SELECT DISTINCT remote.sku_id FROM catalog_remoteproduct AS remote
JOIN inventory_feed AS feed ON feed.account_id = remote.account_id AND feed.is_publishing
WHERE remote.id = ANY(%(ids)s) AND remote.sku_id IS NOT NULL
"""


def reprocess(account_id: int, remote_ids: Sequence[int]) -> dict[str, int]:
    """Give the SKU of a linked product to every order line, return and stock level that waited for it, and have its offers
    computed where our quantities are written.
    """
    given = {"ids": list(remote_ids)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CARRY.format(table="inventory_orderline", returning="row.order_id"), given)
        orders = [order_id for (order_id,) in cursor.fetchall()]
        cursor.execute(_CARRY.format(table="inventory_return", returning="row.id"), given)
        returns = len(cursor.fetchall())
        cursor.execute(_CARRY_STOCK.format(table="inventory_poolhealth"), given)
        cursor.execute(_CARRY_STOCK.format(table="inventory_stocklevel"), given)
        levels = [level_id for (level_id,) in cursor.fetchall()]
        stock_days.observe(levels)
        if orders:
            stock.reserve_orders(account_id, sorted(set(orders)))
            sales.roll_up_later(account_id, orders)
            announce(orders_applied, account_id=account_id, ids=sorted(set(orders)))
        cursor.execute(_LINKED, given)
        offers.refresh(skus=[sku_id for (sku_id,) in cursor.fetchall()])
    return {"order_lines": len(orders), "returns": returns, "stock_levels": len(levels)}
