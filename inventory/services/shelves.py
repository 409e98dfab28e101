"""Shelves of our own warehouses while somebody changes what is on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection

from config.core import clock, work
from inventory.models import Feed
from inventory.reserving import Shelf

_LOCK = """
SELECT sku_id, warehouse_id, available FROM inventory_holding WHERE sku_id = ANY(%s)
ORDER BY sku_id, warehouse_id FOR UPDATE
"""
_MAKE = """
INSERT INTO inventory_holding (sku_id, warehouse_id, on_hand, reserved)
SELECT sku, warehouse, 0, 0 FROM unnest(%s::bigint[], %s::bigint[]) AS given(sku, warehouse) ORDER BY 1, 2
ON CONFLICT (sku_id, warehouse_id) DO NOTHING
"""


def make(shelves: Iterable[Shelf]) -> None:
    """Make sure that the shelves exist; before any of them is locked, so that nobody who holds one waits for a new one."""
    wanted = sorted(set(shelves))
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [[sku for sku, _ in wanted], [warehouse for _, warehouse in wanted]])


def lock(sku_ids: Iterable[int]) -> dict[Shelf, int]:
    """Hold every shelf of the SKUs until the transaction ends, in the order of their keys; what is free on each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ninefold.now', %s, true)", [clock.now().isoformat()])
        cursor.execute(_LOCK, [sorted(set(sku_ids))])
        return {(sku, warehouse): free for sku, warehouse, free in cursor.fetchall()}


def feeds() -> tuple[dict[int, list[int]], bool]:
    """The warehouses that each account sells from by now, by priority, and whether any account has its quantities written."""
    begun = Feed.objects.filter(starts_at__lte=clock.now()).order_by("account", "priority", "pk")
    found = list(begun.values_list("account", "warehouse", "is_publishing"))
    by_account = defaultdict(list)
    for account, warehouse, _ in found:
        by_account[account].append(warehouse)
    return dict(by_account), any(is_publishing for *_, is_publishing in found)


def tell_offers(is_published: bool) -> None:
    """Have the offers of what changed computed again; what changed is noted by the database itself."""
    if is_published:
        work.later("inventory.offer")
