"""How old the goods in every place are, by first in and first out, as one set-based statement: `ageing.layers` for all at once.

A place is a marketplace's pool, or (0) all places of our own together. What lies there and no receipt explains is older than
we know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from inventory.ageing import SURCHARGED_FROM

SOON_FROM, LAST_FREE = SURCHARGED_FROM - 30, SURCHARGED_FROM - 1
"""The ages between which goods are told of before they cost more."""
_LAYERS = """
WITH came AS (
    SELECT sku_id, 0 AS pool, (happened_at AT TIME ZONE 'UTC')::date AS day, sum(quantity) AS units
    FROM inventory_stockmove WHERE kind IN ('opening', 'receipt', 'restock') GROUP BY 1, 2, 3
    UNION ALL
    SELECT line.sku_id, ship.destination_id, (took.received_at AT TIME ZONE 'UTC')::date, sum(took.units)
    FROM inventory_inboundreceipt took JOIN inventory_inboundline line ON line.id = took.line_id
    JOIN inventory_inboundshipment ship ON ship.id = line.shipment_id
    JOIN inventory_warehouse house ON house.id = ship.destination_id AND house.account_id IS NOT NULL
    GROUP BY 1, 2, 3
), held AS (
    SELECT sku_id, 0 AS pool, sum(on_hand) AS units FROM inventory_holding GROUP BY 1
    UNION ALL
    SELECT level.sku_id, house.id, sum(level.available) + coalesce(sum(level.reserved), 0)
    FROM inventory_stocklevel level JOIN inventory_warehouse house ON house.id = level.warehouse_id
    WHERE level.sku_id IS NOT NULL AND house.account_id IS NOT NULL AND house.fulfilment = 'marketplace' GROUP BY 1, 2
), layers AS (
    SELECT came.sku_id, came.pool, came.day, held.units AS held, least(came.units, held.units - coalesce(
        sum(came.units) OVER (PARTITION BY came.sku_id, came.pool ORDER BY came.day DESC
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS units
    FROM came JOIN held USING (sku_id, pool)
)"""
_SOON = f"""{_LAYERS}
SELECT DISTINCT sku_id, pool FROM layers
WHERE units > 0 AND %(today)s::date - day BETWEEN %(soon)s AND %(last)s ORDER BY 1, 2
"""  # noqa: S608 - constant text
_OF = f"""{_LAYERS}
SELECT layers.sku_id, layers.pool, layers.day, layers.units, layers.held FROM layers
JOIN unnest(%(skus)s::bigint[], %(pools)s::bigint[]) AS asked(sku_id, pool) USING (sku_id, pool)
WHERE units > 0 ORDER BY 1, 2, 3
"""  # noqa: S608 - constant text
Pair = tuple[int, int]


@dataclass(slots=True)
class Goods:
    """What lies in one place: how many units in all, and what is left of each receipt, oldest first."""

    held: int
    layers: list[tuple[date, int]] = field(default_factory=list)

    @property
    def unknown(self) -> int:
        """Units older than any receipt that is known."""
        return max(0, self.held - sum(units for _, units in self.layers))


def soon_charged(today: date) -> list[Pair]:
    """SKU and place (0: our own) of goods that are 151 to 180 days old."""
    with connection.cursor() as cursor:
        cursor.execute(_SOON, {"today": today, "soon": SOON_FROM, "last": LAST_FREE})
        return [(sku, pool) for sku, pool in cursor.fetchall()]


def of_pairs(pairs: Sequence[Pair]) -> dict[Pair, Goods]:
    """The goods of each SKU in each place."""
    found: dict[Pair, Goods] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OF, {"skus": [sku for sku, _ in pairs], "pools": [pool for _, pool in pairs]})
        for sku, pool, day, units, held in cursor.fetchall():
            found.setdefault((sku, pool), Goods(int(held))).layers.append((day, int(units)))
    return found
