"""What a sheet would change if it were applied: its rows laid over the recorded costs, asked by the one rule."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.sheets.models import RowState
from finance import closing, costs
from finance.fee_sales import digits
from finance.fx.sql import rate_of
from finance.models import CostSheet

WANTED = (RowState.GOOD, RowState.APPROVED)
LAID_OVER = """(
    SELECT id, sku_id, warehouse_id, currency, vendor, valid_from, known_at, is_end, landed FROM finance_cost
    UNION ALL
    SELECT -row.id, row.sku_id, row.warehouse_id, row.currency, row.vendor, row.valid_from, %(known_at)s::timestamptz,
        row.is_end, row.landed
    FROM finance_costsheetrow row WHERE row.sheet_id = %(sheet)s AND row.state = ANY(%(states)s)
)"""
_OF_SKUS = f"""{costs.LINES}
    JOIN (SELECT sku_id, min(valid_from) AS since FROM finance_costsheetrow
        WHERE sheet_id = %(sheet)s AND state = ANY(%(states)s) GROUP BY 1) AS wanted
    ON wanted.sku_id = line.sku_id AND o.business_on >= wanted.since"""  # noqa: S608 - fragments of statements
_GOODS = "round({side}landed * effect.kept * {fx}.target / {fx}.origin, {digits})"
_PAID = """
    line.item_total * (line.quantity - line.quantity_cancelled) / nullif(line.quantity, 0) + coalesce(line.shipping, 0)
    + coalesce(line.gift_wrap, 0) - coalesce(line.discount, 0) - coalesce(line.shipping_discount, 0)
"""
_EFFECT = f"""
WITH effect AS MATERIALIZED (
    SELECT changed.day, changed.landed, changed.currency AS new_currency, changed.old_landed, changed.old_currency,
        line.sku_id, coalesce(profit.currency, nullif(line.currency, ''), o.currency) AS currency,
        line.quantity - line.quantity_cancelled AS units, {_PAID} AS paid, profit.net_revenue,
        profit.units - profit.units_returned AS kept, {closing.locked_sql("o.account_id", "o.business_on")} AS is_locked
    FROM ({costs.changed(_OF_SKUS, before="finance_cost", after=LAID_OVER, as_if_open=True)}) AS changed
    JOIN inventory_orderline line ON line.id = changed.order_line_id
    JOIN inventory_order o ON o.id = line.order_id
    LEFT JOIN finance_lineprofit profit ON profit.order_line_id = line.id
), margin AS (
    SELECT effect.*,
        net_revenue - {_GOODS.format(side="old_", fx="was", digits=digits("effect.currency"))} AS cm1_before,
        net_revenue - {_GOODS.format(side="", fx="becomes", digits=digits("effect.currency"))} AS cm1_after
    FROM effect
    {rate_of("effect.old_currency", "effect.day", to="effect.currency", alias="was")}
    {rate_of("effect.new_currency", "effect.day", to="effect.currency", alias="becomes")}
)
SELECT margin.sku_id, sku.code, margin.currency,
    count(*) FILTER (WHERE NOT is_locked), count(*) FILTER (WHERE is_locked),
    coalesce(sum(units) FILTER (WHERE NOT is_locked), 0), sum(paid) FILTER (WHERE NOT is_locked),
    sum(cm1_before) FILTER (WHERE NOT is_locked), sum(net_revenue) FILTER (WHERE NOT is_locked AND cm1_before IS NOT NULL),
    count(cm1_before) FILTER (WHERE NOT is_locked),
    sum(cm1_after) FILTER (WHERE NOT is_locked), sum(net_revenue) FILTER (WHERE NOT is_locked AND cm1_after IS NOT NULL),
    count(cm1_after) FILTER (WHERE NOT is_locked)
FROM margin JOIN catalog_sku sku ON sku.id = margin.sku_id
GROUP BY 1, 2, 3 ORDER BY 7 DESC NULLS LAST, 2, 3
"""  # noqa: S608 - fragments of statements, no values


@dataclass(frozen=True, slots=True)
class Margin:
    """The first contribution margin over those lines for which it is known; all None where it is for none."""

    amount: Decimal | None
    revenue: Decimal | None
    lines: int

    @property
    def percent(self) -> Decimal | None:
        """Of net revenue, to a tenth."""
        return round(self.amount * 100 / self.revenue, 1) if self.amount is not None and self.revenue else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one SKU in one currency of orders: open lines, and lines of locked months, which stay."""

    sku_id: int
    code: str
    currency: str
    lines: int
    locked_lines: int
    units: int
    paid: Decimal | None
    before: Margin
    after: Margin


def of_sheet(sheet: CostSheet) -> list[Effect]:
    """Per SKU and currency the order lines that would get another cost, most revenue first, with margins as known now.

    `paid` is what buyers paid for them; a margin counts those lines whose profit has been computed and whose cost is
    known and convertible.
    """
    given: dict[str, Any] = {"sheet": sheet.pk, "states": [str(state) for state in WANTED], "known_at": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_EFFECT, given)
        return [_effect(*row) for row in cursor.fetchall()]


def _effect(*row: Any) -> Effect:
    sku_id, code, currency, lines, locked, units, paid = row[:7]
    before, after = Margin(*row[7:10]), Margin(*row[10:13])
    return Effect(sku_id, code, currency, lines, locked, units, paid, before, after)
