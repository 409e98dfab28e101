"""The cover of every SKU in every pool as one set-based statement: the same figures as `replenishment`, for all at once.

A pool is a marketplace's warehouse, or (0) all places of our own together. Where an account has several pools, a sale drains
the one of the storefront that took it; where that is not told, the velocity of what was sold is not known in any of them. A
bundle sold is demand for each of its parts.
"""

from __future__ import annotations

_DAYS = """
pools AS (
    SELECT id AS pool, account_id, pool AS code, count(*) OVER (PARTITION BY account_id) AS of_account
    FROM inventory_warehouse WHERE fulfilment = 'marketplace' AND account_id IS NOT NULL
), routes AS (
    SELECT * FROM unnest(%(accounts)s::bigint[], %(channels)s::text[], %(codes)s::text[]) AS route(account_id, channel, code)
), wanted AS (
    SELECT sku.id AS sku_id, sku.product_id, product.category, sku.lead_time_days AS lead_days, sku.supplier,
           coalesce(sku.pack_quantity, 1) AS pack, coalesce(sku.moq, 0) AS least
    FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
    WHERE NOT sku.is_retired AND sku.kind = 'item'
), levels AS (
    SELECT level.sku_id, house.id AS pool, sum(level.available) AS available,
           sum(level.available) + coalesce(sum(level.reserved), 0) AS on_hand,
           coalesce(sum(level.inbound), 0) AS told_inbound, min(level.observed_at) AS seen_at
    FROM inventory_stocklevel level JOIN inventory_warehouse house ON house.id = level.warehouse_id
    WHERE level.sku_id IS NOT NULL AND house.account_id IS NOT NULL AND house.fulfilment = 'marketplace' GROUP BY 1, 2
    UNION ALL SELECT sku_id, 0, sum(available), sum(on_hand), 0, %(now)s::timestamptz FROM inventory_holding GROUP BY 1
), units AS (
    SELECT coalesce(part.component_id, sold.sku_id) AS sku_id, sold.account_id, sold.day, routes.code,
           sold.fulfilment = 'marketplace' AS is_theirs, sold.units * coalesce(part.quantity, 1) AS units
    FROM inventory_skuday sold LEFT JOIN catalog_bundlepart part ON part.bundle_id = sold.sku_id
    LEFT JOIN routes ON routes.account_id = sold.account_id AND routes.channel = sold.channel
    WHERE sold.sku_id IS NOT NULL AND sold.day BETWEEN %(today)s::date - 90 AND %(today)s::date - 1
), demand AS (
    SELECT units.sku_id, coalesce(pools.pool, 0) AS pool, units.day, sum(units.units) AS units
    FROM units LEFT JOIN pools ON units.is_theirs AND pools.account_id = units.account_id
        AND (pools.of_account = 1 OR pools.code = units.code)
    WHERE NOT units.is_theirs OR pools.pool IS NOT NULL GROUP BY 1, 2, 3
), untold AS (
    SELECT DISTINCT units.sku_id, pools.pool FROM units JOIN pools USING (account_id)
    WHERE units.is_theirs AND pools.of_account > 1 AND units.code IS NULL
), pairs AS (
    SELECT found.sku_id, found.pool FROM (
        SELECT sku_id, pool FROM levels UNION SELECT sku_id, pool FROM demand
    ) AS found JOIN wanted USING (sku_id)
), days AS (
    SELECT kept.sku_id, coalesce(kept.warehouse_id, 0) AS pool, %(today)s::date - kept.day AS age,
           coalesce(demand.units, 0) AS units, kept.in_stock, kept.on_hand
    FROM inventory_stockday kept
    LEFT JOIN demand ON demand.sku_id = kept.sku_id AND demand.pool = coalesce(kept.warehouse_id, 0)
        AND demand.day = kept.day
    WHERE kept.day BETWEEN %(today)s::date - 90 AND %(today)s::date - 1
      AND (kept.warehouse_id IS NULL OR kept.warehouse_id IN (SELECT pool FROM pools))
      AND NOT EXISTS (SELECT FROM untold WHERE untold.sku_id = kept.sku_id AND untold.pool = kept.warehouse_id)
)"""
_VELOCITY = """
windows AS (
    SELECT sku_id, pool,
        sum(units) FILTER (WHERE age <= 7 AND in_stock IS NOT NULL) AS u7,
        coalesce(sum(in_stock) FILTER (WHERE age <= 7), 0) AS s7,
        sum(units) FILTER (WHERE age <= 30 AND in_stock IS NOT NULL) AS u30,
        coalesce(sum(in_stock) FILTER (WHERE age <= 30), 0) AS s30,
        sum(units) FILTER (WHERE age <= 60 AND in_stock IS NOT NULL) AS u60,
        coalesce(sum(in_stock) FILTER (WHERE age <= 60), 0) AS s60,
        sum(units) FILTER (WHERE in_stock IS NOT NULL) AS u90, coalesce(sum(in_stock), 0) AS s90,
        stddev_samp(units) FILTER (WHERE in_stock = 1) AS spread, count(*) FILTER (WHERE in_stock = 1) AS whole_days,
        avg(on_hand) FILTER (WHERE age <= 30) AS held30, avg(on_hand) AS held90,
        avg(units) FILTER (WHERE age <= 30) AS shipped30, avg(units) AS shipped90,
        count(*) FILTER (WHERE age <= 30) AS seen30, count(*) AS seen90
    FROM days GROUP BY 1, 2
), rates AS (
    SELECT *, CASE WHEN s7 >= 7 THEN u7 / s7 END AS c7, CASE WHEN s30 >= 7 THEN u30 / s30 END AS c30,
        CASE WHEN s60 >= 7 THEN u60 / s60 END AS c60, CASE WHEN s90 >= 7 THEN u90 / s90 END AS c90 FROM windows
), blended AS (
    SELECT pairs.sku_id, pairs.pool, wanted.category, coalesce(rates.s30, 0) AS in_stock_30,
        round(0.5 * coalesce(c7, c30, c60, c90) + 0.3 * coalesce(c30, c60, c90) + 0.2 * c90, 4) AS own,
        c7 IS NOT NULL AND c30 IS NOT NULL AS is_narrow,
        CASE WHEN whole_days >= 7 THEN round(spread, 4) END AS deviation,
        CASE WHEN min(coalesce(seen30, 0)) OVER parent >= 30
            THEN round(sum(held30) OVER parent / nullif(sum(shipped30) OVER parent, 0), 1) END AS supply_30,
        CASE WHEN min(coalesce(seen90, 0)) OVER parent >= 90
            THEN round(sum(held90) OVER parent / nullif(sum(shipped90) OVER parent, 0), 1) END AS supply_90
    FROM pairs JOIN wanted USING (sku_id) LEFT JOIN rates USING (sku_id, pool)
    WINDOW parent AS (PARTITION BY wanted.product_id, pairs.pool)
), priors AS (
    SELECT category, pool, round(avg(own), 4) AS usual FROM blended
    WHERE own IS NOT NULL AND category <> '' GROUP BY 1, 2 HAVING count(*) >= 3
), sold AS (
    SELECT sku_id, pool, sum(units) FILTER (WHERE day >= %(today)s::date - 30) AS sold_30 FROM demand GROUP BY 1, 2
), speed AS (
    SELECT blended.*, coalesce(sold.sold_30, 0) AS sold_30,
        CASE WHEN untold.pool IS NULL THEN coalesce(own, usual) END AS velocity,
        CASE WHEN untold.pool IS NOT NULL THEN 'several_pools'
             WHEN own IS NOT NULL AND is_narrow THEN '' WHEN own IS NOT NULL THEN 'wider_window'
             WHEN usual IS NOT NULL THEN 'category' ELSE 'few_days_in_stock' END AS velocity_note
    FROM blended LEFT JOIN priors USING (category, pool) LEFT JOIN sold USING (sku_id, pool)
    LEFT JOIN untold USING (sku_id, pool)
)"""
_INBOUND = """
due AS (
    SELECT line.sku_id, CASE WHEN house.account_id IS NULL THEN 0 ELSE house.id END AS pool, ship.state,
           ship.expected_on, line.quantity - line.received AS units
    FROM inventory_inboundline line
    JOIN inventory_inboundshipment ship ON ship.id = line.shipment_id
    JOIN inventory_warehouse house ON house.id = ship.destination_id
    WHERE ship.state IN ('planned', 'ordered', 'in_transit', 'receiving') AND line.received < line.quantity
), promised AS (
    SELECT sku_id, pool, sum(units) AS ordered, sum(units) FILTER (WHERE state IN ('in_transit', 'receiving')) AS moving
    FROM due GROUP BY 1, 2
), arrivals AS (
    SELECT sku_id, pool, expected_on - %(today)s::date AS days, sum(units) AS units FROM due
    WHERE state <> 'planned' AND expected_on >= %(today)s::date GROUP BY 1, 2, 3
), reached AS (
    SELECT arrivals.*, speed.velocity * arrivals.days < greatest(levels.available, 0) + coalesce(sum(arrivals.units) OVER
            (PARTITION BY sku_id, pool ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS is_in_time
    FROM arrivals JOIN speed USING (sku_id, pool) JOIN levels USING (sku_id, pool)
), counted AS (
    SELECT sku_id, pool, coalesce(sum(units) FILTER (WHERE is_counted), 0) AS arriving FROM (
        SELECT *, bool_and(is_in_time) OVER (PARTITION BY sku_id, pool ORDER BY days) AS is_counted FROM reached
    ) AS each GROUP BY 1, 2
), leads AS (
    SELECT ship.supplier, round(stddev_samp(first_day - ship.ordered_on), 2) AS lead_deviation
    FROM inventory_inboundshipment ship CROSS JOIN LATERAL (
        SELECT min((took.received_at AT TIME ZONE 'UTC')::date) AS first_day FROM inventory_inboundreceipt took
        JOIN inventory_inboundline line ON line.id = took.line_id WHERE line.shipment_id = ship.id) AS came
    WHERE ship.kind = 'purchase' AND ship.supplier <> '' AND ship.ordered_on IS NOT NULL AND first_day IS NOT NULL
      AND ship.ordered_on >= %(today)s::date - 730
    GROUP BY 1 HAVING count(*) >= 3
)"""
_FIGURES = """
figures AS (
    SELECT speed.*, levels.available, levels.on_hand, levels.seen_at, coalesce(counted.arriving, 0) AS arriving,
        coalesce(promised.ordered, 0) + greatest(coalesce(levels.told_inbound, 0) - coalesce(promised.moving, 0), 0)
            AS ordered,
        wanted.lead_days, wanted.pack, wanted.least, leads.lead_deviation,
        CASE WHEN speed.velocity > 0 THEN
            (greatest(levels.available, 0) + coalesce(counted.arriving, 0)) / speed.velocity END AS cover,
        %(z)s * sqrt(wanted.lead_days * deviation * deviation
            + coalesce(leads.lead_deviation, 0) ^ 2 * speed.velocity * speed.velocity) AS buffer
    FROM speed JOIN wanted USING (sku_id) LEFT JOIN levels USING (sku_id, pool) LEFT JOIN counted USING (sku_id, pool)
    LEFT JOIN promised USING (sku_id, pool) LEFT JOIN leads ON leads.supplier = wanted.supplier
), wishes AS (
    SELECT *, velocity * (lead_days + %(review)s + %(cover)s) * (1 + %(growth)s) + ceil(buffer) - available - ordered
        AS missing FROM figures
), proposals AS (
    SELECT *, CASE WHEN missing <= 0 THEN 0 WHEN missing > 0 THEN greatest(
            ceil(missing / pack) * pack,
            CASE WHEN ceil(missing / pack) * pack < least THEN ceil(least::numeric / pack) * pack END) END AS proposed
    FROM wishes
)"""
_COLUMNS = (
    "computed_at", "seen_at", "on_hand", "available", "arriving", "ordered", "sold_30", "in_stock_30", "velocity",
    "velocity_note", "deviation", "days", "why", "state", "runs_out_on", "lead_days", "lead_deviation", "safety_stock",
    "reorder_point", "proposed", "proposal_why", "supply_30", "supply_90", "transfer", "transfer_from_id",
)  # fmt: skip
_SELECT = """
SELECT sku_id, nullif(pool, 0), %(now)s, seen_at, on_hand, available, arriving, ordered, sold_30, in_stock_30, velocity,
    CASE WHEN velocity IS NULL THEN '' ELSE velocity_note END, deviation, round(cover, 1),
    CASE WHEN available IS NULL THEN 'no_level' WHEN velocity IS NULL THEN velocity_note
         WHEN velocity = 0 THEN 'no_demand' ELSE '' END,
    CASE WHEN available IS NULL OR velocity IS NULL THEN 'unknown' WHEN velocity = 0 THEN 'no_demand'
         WHEN round(cover, 1) < %(short)s THEN 'short' WHEN round(cover, 1) < %(low)s THEN 'low'
         WHEN round(cover, 1) > %(long)s THEN 'long' WHEN round(cover, 1) > %(high)s THEN 'high' ELSE 'good' END,
    CASE WHEN cover < 3650 THEN %(today)s::date + floor(cover)::int END, lead_days, lead_deviation, ceil(buffer),
    ceil(velocity * lead_days + buffer), proposed,
    CASE WHEN velocity IS NULL THEN 'no_velocity' WHEN lead_days IS NULL THEN 'no_lead_time'
         WHEN available IS NULL THEN 'no_level' WHEN deviation IS NULL THEN 'no_deviation'
         WHEN proposed = 0 THEN 'enough' WHEN missing > 0 AND proposed > ceil(missing / pack) * pack THEN 'least_order'
         WHEN lead_deviation IS NULL THEN 'lead_time_constant' ELSE '' END,
    supply_30, supply_90, 0, NULL::bigint
FROM proposals ORDER BY sku_id, pool
"""
MEASURE = f"""
WITH {_DAYS}, {_VELOCITY}, {_INBOUND}, {_FIGURES}
INSERT INTO inventory_coverage (sku_id, warehouse_id, {", ".join(_COLUMNS)})
{_SELECT}
ON CONFLICT (sku_id, warehouse_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
"""
_IDLE = """
SELECT sku_id, warehouse_id, available - ceil(velocity * %(high)s)::int AS units FROM inventory_coverage
WHERE velocity IS NOT NULL AND available > ceil(velocity * %(high)s) AND computed_at = %(now)s
"""
TRANSFER = f"""
WITH idle AS ({_IDLE}), best AS (
    SELECT DISTINCT ON (short.id) short.id, idle.warehouse_id, least(short.proposed, idle.units) AS units
    FROM inventory_coverage short JOIN idle ON idle.sku_id = short.sku_id
        AND idle.warehouse_id IS DISTINCT FROM short.warehouse_id
    WHERE short.proposed > 0 AND short.computed_at = %(now)s
    ORDER BY short.id, idle.warehouse_id IS NOT NULL, idle.units DESC, idle.warehouse_id
)
UPDATE inventory_coverage AS short SET transfer = best.units, transfer_from_id = best.warehouse_id
FROM best WHERE best.id = short.id
"""  # noqa: S608 - a fragment of a statement, no values
FORGET = "DELETE FROM inventory_coverage WHERE computed_at < %(now)s"
