"""Where a cost is missing: SKU and place with sales, stock or an open purchase for which the one rule finds none. SQL.

Lines of locked months are left out: nothing can be entered for them any more. Of our own places our ledger counts; where
it has nothing, what accounts say that is there. What is on its way and what was ordered may be the same: the greater counts.
"""

from __future__ import annotations

from finance import closing, costs

_PAID = """
    line.item_total * (line.quantity - line.quantity_cancelled) / nullif(line.quantity, 0) + coalesce(line.shipping, 0)
    + coalesce(line.gift_wrap, 0) - coalesce(line.discount, 0) - coalesce(line.shipping_discount, 0)
"""
_SOLD = f"""
    SELECT min(line.id) AS order_line_id, line.sku_id, o.account_id, o.fulfilment, o.business_on AS day,
        %(now)s::timestamptz AS known_at, coalesce(nullif(line.currency, ''), o.currency) AS currency,
        count(*) AS lines, sum(line.quantity - line.quantity_cancelled) AS units, sum({_PAID}) AS paid
    FROM inventory_orderline line JOIN inventory_order o ON o.id = line.order_id
    WHERE o.business_on >= %(since)s AND line.sku_id IS NOT NULL AND line.quantity > line.quantity_cancelled
        AND (%(skus)s::bigint[] IS NULL OR line.sku_id = ANY(%(skus)s))
        AND NOT {closing.locked_sql("o.account_id", "o.business_on")}
    GROUP BY line.sku_id, o.account_id, o.fulfilment, o.business_on, 7
"""  # noqa: S608 - fragments of statements, no values
_STOCK = f"""
    SELECT level.sku_id, CASE WHEN place.account_id IS NULL OR place.fulfilment = 'marketplace' THEN place.id
            ELSE own.warehouse_id END AS warehouse_id, 0 AS kept,
        coalesce(level.available, 0) + coalesce(level.reserved, 0) AS told, coalesce(level.inbound, 0) AS coming, 0 AS ordered
    FROM inventory_stocklevel level JOIN inventory_warehouse place ON place.id = level.warehouse_id
    LEFT JOIN ({costs.PLACES}) AS own ON own.account_id IS NULL
    UNION ALL SELECT sku_id, warehouse_id, on_hand, 0, 0, 0 FROM inventory_holding
    UNION ALL SELECT line.sku_id, bought.destination_id, 0, 0, 0, greatest(line.quantity - line.received, 0)
    FROM inventory_inboundline line JOIN inventory_inboundshipment bought ON bought.id = line.shipment_id
    WHERE bought.kind = 'purchase' AND bought.state IN ('ordered', 'in_transit', 'receiving')
"""  # noqa: S608 - as above
_UNITS = "coalesce(nullif(sum(kept), 0), sum(told)) + greatest(sum(coming), sum(ordered))"
_HELD = f"""
    SELECT sku_id, warehouse_id, %(today)s::date AS day, %(now)s::timestamptz AS known_at, {_UNITS} AS units
    FROM ({_STOCK}) AS stock
    WHERE sku_id IS NOT NULL AND (%(skus)s::bigint[] IS NULL OR sku_id = ANY(%(skus)s))
    GROUP BY 1, 2 HAVING {_UNITS} > 0
"""  # noqa: S608 - as above
PLACES_OF_SKUS = f"""
    WITH sold AS MATERIALIZED ({_SOLD}), costed AS MATERIALIZED (
        SELECT sold.*, cost.warehouse_id, cost.cost_id
        FROM sold JOIN ({costs.applied("SELECT * FROM sold")}) AS cost USING (order_line_id)
    ), held AS MATERIALIZED ({costs.found(_HELD)})
    SELECT coalesce(missed.sku_id, idle.sku_id) AS sku_id, coalesce(missed.warehouse_id, idle.warehouse_id) AS warehouse_id,
        coalesce(missed.lines, 0) AS lines, coalesce(missed.units, 0) AS units, missed.first_on, missed.last_on,
        coalesce(missed.paid, '{{}}'::jsonb) AS paid, coalesce(idle.units, 0) AS stock
    FROM (
        SELECT sku_id, warehouse_id, sum(lines)::int AS lines, sum(units)::int AS units, min(first_on) AS first_on,
            max(last_on) AS last_on, jsonb_object_agg(currency, paid::text) AS paid
        FROM (SELECT sku_id, warehouse_id, currency, sum(lines) AS lines, sum(units) AS units, min(day) AS first_on,
                max(day) AS last_on, coalesce(sum(paid), 0) AS paid
            FROM costed WHERE cost_id IS NULL GROUP BY 1, 2, 3) AS per_currency
        GROUP BY 1, 2
    ) AS missed
    FULL JOIN (SELECT sku_id, warehouse_id, units FROM held WHERE cost_id IS NULL) AS idle
        ON idle.sku_id = missed.sku_id
        AND coalesce(idle.warehouse_id, 0) = coalesce(missed.warehouse_id, 0)
"""  # noqa: S608 - fragments of statements, no values
