"""What about recorded costs somebody should look at: those that end with nothing after them, and those that jump."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from finance import costs
from finance.fx.sql import rate_of

LOOK_AHEAD = timedelta(days=60)
RECENT = timedelta(days=14)
_ENDS = f"""
    SELECT ended.sku_id, ended.warehouse_id, ended.day FROM ({
    costs.found('''
        SELECT DISTINCT cost.sku_id, cost.warehouse_id, cost.valid_from AS day, %(now)s::timestamptz AS known_at
        FROM finance_cost cost WHERE cost.is_end AND cost.valid_from > %(today)s AND cost.valid_from <= %(until)s
            AND (%(skus)s::bigint[] IS NULL OR cost.sku_id = ANY(%(skus)s))
    ''')
}) AS ended
    JOIN ({
    costs.found('''
        SELECT DISTINCT cost.sku_id, cost.warehouse_id, %(today)s::date AS day, %(now)s::timestamptz AS known_at
        FROM finance_cost cost WHERE cost.is_end
    ''')
}) AS held ON held.sku_id = ended.sku_id AND held.warehouse_id IS NOT DISTINCT FROM ended.warehouse_id
    WHERE ended.cost_id IS NULL AND held.cost_id IS NOT NULL ORDER BY 1, 2 NULLS FIRST, 3
"""  # noqa: S608 - fragments of statements, no values
_JUMPS = f"""
    SELECT fresh.sku_id, fresh.warehouse_id, fresh.id, fresh.cost_id, fresh.new_landed / fx.target * fx.origin
        / nullif(fresh.landed, 0) - 1, fresh.known
    FROM ({
    costs.found('''
        SELECT cost.id, cost.sku_id, cost.warehouse_id, cost.valid_from AS day, cost.landed AS new_landed,
            cost.currency AS new_currency, cost.known_at AS known, cost.known_at - interval '1 microsecond' AS known_at
        FROM finance_cost cost WHERE NOT cost.is_end AND cost.known_at > %(since)s
            AND (%(skus)s::bigint[] IS NULL OR cost.sku_id = ANY(%(skus)s))
    ''')
}) AS fresh
    {rate_of("fresh.currency", "least(fresh.day, %(today)s::date)", to="fresh.new_currency")}
    WHERE fresh.cost_id IS NOT NULL AND fx.rate IS NOT NULL AND fresh.landed > 0
    ORDER BY fresh.known, fresh.id
"""  # noqa: S608 - as above
_PLACES = f"""
    SELECT sku_id, warehouse_id FROM finance_cost WHERE sku_id = ANY(%(skus)s)
    UNION SELECT sku_id, warehouse_id FROM inventory_stocklevel WHERE sku_id = ANY(%(skus)s)
    UNION SELECT sku_id, place.warehouse_id FROM unnest(%(skus)s::bigint[]) AS sku_id
        CROSS JOIN (SELECT NULL::bigint AS warehouse_id UNION SELECT warehouse_id FROM ({costs.PLACES}) AS own
            WHERE own.account_id IS NULL) AS place
    ORDER BY 1, 2 NULLS FIRST
"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class Ending:
    """From `on`, nothing holds for a SKU at a place (None: anywhere) where a cost holds today."""

    sku_id: int
    warehouse_id: int | None
    on: date


@dataclass(frozen=True, slots=True)
class Jump:
    """A cost recorded lately against the one that applied on its day before; `change` is a fraction."""

    sku_id: int
    warehouse_id: int | None
    cost_id: int
    former_id: int
    change: Decimal


def endings(*, sku_ids: Iterable[int] | None = None) -> list[Ending]:
    """The first end of each SKU and place within 60 days after which no cost is known."""
    first: dict[tuple[int, int | None], Ending] = {}
    for row in _ask(_ENDS, sku_ids):
        first.setdefault(row[:2], Ending(*row))
    return list(first.values())


def jumps(*, sku_ids: Iterable[int] | None = None) -> list[Jump]:
    """The last change of each SKU and place that became known within 14 days; those without a rate cannot be told."""
    last = {row[:2]: Jump(*row[:5]) for row in _ask(_JUMPS, sku_ids)}
    return list(last.values())


def _ask(query: str, sku_ids: Iterable[int] | None) -> list[tuple[Any, ...]]:
    now = clock.now()
    given: dict[str, Any] = {
        "now": now, "today": now.date(), "until": now.date() + LOOK_AHEAD, "since": now - RECENT,
        "skus": None if sku_ids is None else list(sku_ids),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()


def places_of(*, sku_ids: Iterable[int]) -> list[str]:
    """Places of these SKUs where a cost may matter, as the subjects that are judged: `<SKU id>:<warehouse id>`."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"skus": list(sku_ids)})
        return [f"{sku}:{place or ''}" for sku, place in cursor.fetchall()]
