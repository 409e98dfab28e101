"""Which cost applies to an order line: the rule once as a pure function, and once as SQL over many lines.

1. The line's warehouse: what a marketplace fulfils comes from the account's only fulfilment pool, what we ship from the
   client's only own warehouse. Where there is none or several, only costs without a warehouse can apply.
2. Costs of that warehouse count first; without a valid one among them, those without a warehouse.
3. Per key (SKU, warehouse, currency, vendor) the row with the latest valid_from up to the order's day counts, of one
   day the last known; only rows known at the asked moment are seen. When that row is an end, the key has no cost.
4. Of several keys the latest valid_from wins, then the last known, then the smallest vendor name, then the currency.
5. A line of a locked month keeps the cost that was known when the month was locked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypeVar

NO_SKU = "no_sku"
NO_COST = "no_cost"


class Dated(Protocol):
    """What the rule reads of a cost; a `finance.models.Cost` is one."""

    sku_id: int
    warehouse_id: int | None
    currency: str
    vendor: str
    valid_from: date
    known_at: datetime
    is_end: bool
    landed: Decimal


Row = TypeVar("Row", bound=Dated)


def cost_of(rows: Iterable[Row], *, sku: int, warehouse: int | None, on: date, known_at: datetime) -> Row | None:
    """The cost of one piece that applies on a day as known at a moment; None when none does."""
    seen = [row for row in rows if row.sku_id == sku and row.valid_from <= on and row.known_at <= known_at]
    for place in dict.fromkeys((warehouse, None)):
        found = _best(row for row in seen if row.warehouse_id == place)
        if found is not None:
            return found
    return None


def _best(rows: Iterable[Row]) -> Row | None:
    """Rows of one SKU and warehouse: the last of each key, without the ended, then the first in the order of rule 4."""
    last: dict[tuple[str, str], Row] = {}
    for row in sorted(rows, key=lambda row: (row.valid_from, row.known_at)):
        last[row.vendor, row.currency] = row
    valid = sorted((row for row in last.values() if not row.is_end), key=lambda row: (row.vendor, row.currency))
    return max(valid, key=lambda row: (row.valid_from, row.known_at), default=None)


LINES = """
    SELECT line.id AS order_line_id, line.sku_id, line.account_id, o.fulfilment, o.business_on AS day,
        %(known_at)s::timestamptz AS known_at
    FROM inventory_orderline line JOIN inventory_order o ON o.id = line.order_id
"""
"""Order lines as `applied` takes them; append a WHERE over `line` and `o`."""

PLACES = """
    SELECT 'marketplace' AS fulfilment, account_id, min(id) AS warehouse_id FROM inventory_warehouse
    WHERE account_id IS NOT NULL AND fulfilment = 'marketplace' GROUP BY account_id HAVING count(*) = 1
    UNION ALL
    SELECT 'merchant', NULL, min(id) FROM inventory_warehouse WHERE account_id IS NULL HAVING count(*) = 1
"""
"""Rule 1: the only pool of each account, and the client's only own warehouse (account NULL)."""

_FOUND = """
SELECT wanted.*, best.id AS cost_id, best.landed, best.currency FROM ({keys}) AS wanted LEFT JOIN LATERAL (
    SELECT last.* FROM (
        SELECT DISTINCT ON (cost.warehouse_id, cost.currency, cost.vendor) cost.id, cost.warehouse_id,
            cost.currency, cost.vendor, cost.valid_from, cost.known_at, cost.is_end, cost.landed
        FROM {costs} AS cost
        WHERE cost.sku_id = wanted.sku_id AND cost.valid_from <= wanted.day AND cost.known_at <= wanted.known_at
            AND (cost.warehouse_id = wanted.warehouse_id OR cost.warehouse_id IS NULL)
        ORDER BY cost.warehouse_id, cost.currency, cost.vendor, cost.valid_from DESC, cost.known_at DESC
    ) AS last WHERE NOT last.is_end
    ORDER BY last.warehouse_id IS NULL, last.valid_from DESC, last.known_at DESC, last.vendor COLLATE "C",
        last.currency COLLATE "C"
    LIMIT 1
) AS best ON true
"""
_APPLIED = """
WITH asked AS MATERIALIZED (
    SELECT line.order_line_id, line.sku_id, line.day, place.warehouse_id, {known_at} AS known_at
    FROM ({lines}) AS line LEFT JOIN ({places}) AS place ON place.fulfilment = line.fulfilment
        AND (place.account_id = line.account_id OR place.account_id IS NULL)
    LEFT JOIN finance_accountmonth shut ON shut.state = 'locked' AND shut.account_id = line.account_id
        AND shut.month = date_trunc('month', line.day)::date
), priced AS MATERIALIZED ({found})
SELECT asked.order_line_id, asked.warehouse_id, asked.day, priced.cost_id, priced.landed, priced.currency,
    CASE WHEN asked.sku_id IS NULL THEN 'no_sku' WHEN priced.cost_id IS NULL THEN 'no_cost' ELSE '' END AS reason
FROM asked LEFT JOIN priced ON priced.sku_id = asked.sku_id AND priced.day = asked.day
    AND priced.known_at = asked.known_at AND priced.warehouse_id IS NOT DISTINCT FROM asked.warehouse_id
"""
_KEYS = "SELECT DISTINCT sku_id, warehouse_id, day, known_at FROM asked WHERE sku_id IS NOT NULL"


def found(keys: str, *, costs: str = "finance_cost") -> str:
    """SQL with the rows of the query `keys` (with sku_id, warehouse_id, day, known_at) and cost_id, landed, currency."""
    return _FOUND.format(keys=keys, costs=costs)


def applied(lines: str = LINES, *, costs: str = "finance_cost", as_if_open: bool = False) -> str:
    """SQL with one row per row of the query `lines` (columns as of LINES): the cost of one piece that applies to it.

    Gives order_line_id, warehouse_id, day, cost_id, landed (positive, per piece), currency, and reason: `no_sku`,
    `no_cost` or empty. `costs` is a relation with the columns of finance_cost, for asking what would be if;
    `as_if_open` leaves rule 5 out.
    """
    known_at = "line.known_at" if as_if_open else "least(line.known_at, shut.locked_at)"
    return _APPLIED.format(lines=lines, places=PLACES, known_at=known_at, found=found(_KEYS, costs=costs))


def changed(lines: str, *, before: str, after: str, as_if_open: bool = False) -> str:
    """SQL with the lines to which another row applies in one relation of costs than in another.

    Gives order_line_id, day, and of both sides cost_id, landed and currency, the former ones named `old_...`.
    """
    old = applied(lines, costs=before, as_if_open=as_if_open)
    new = applied(lines, costs=after, as_if_open=as_if_open)
    return f"""
    SELECT new.order_line_id, new.day, new.cost_id, new.landed, new.currency,
        old.cost_id AS old_cost_id, old.landed AS old_landed, old.currency AS old_currency
    FROM ({new}) AS new JOIN ({old}) AS old USING (order_line_id)
    WHERE new.cost_id IS DISTINCT FROM old.cost_id"""  # noqa: S608 - fragments of statements, no values
