"""What was sold and not paid, or paid too little.

Expected is what the buyer paid for the units: price, shipping and wrapping less discounts. Whether tax comes on top of
it or is contained is learned per account and storefront from the lines that agree; undecided, the smaller one counts.
"""

SHORT_PAID = """
WITH settled AS (
    SELECT line.order_line_id, sum(line.amount) AS amount,
        coalesce(sum(abs(line.quantity)) FILTER (WHERE line.line_class = 'principal'), 0) AS units,
        max(line.settlement_id) FILTER (WHERE line.line_class = 'principal') AS settlement_id,
        min(line.id) FILTER (WHERE line.line_class = 'principal') AS line_id,
        bool_or(s.state = 'inconsistent') AS is_doubtful, jsonb_agg(jsonb_build_object(
            'class', line.line_class, 'amount', line.amount::text, 'statement', s.external_id, 'row', line.row_no)
            ORDER BY line.settlement_id, line.row_no) AS rows
    FROM told line
    JOIN finance_settlement s ON s.id = line.settlement_id
    JOIN inventory_orderline item ON item.id = line.order_line_id
    WHERE line.line_class = ANY(%(sale)s) AND line.currency = item.currency
    GROUP BY line.order_line_id
    HAVING bool_or(line.line_class = 'principal')
), worth AS (
    SELECT item.id, item.account_id, o.channel, item.order_ref, item.currency, settled.*,
        round(item.item_total * sold.units / item.quantity
            + sold.share * (coalesce(item.shipping, 0) + coalesce(item.gift_wrap, 0)
                - coalesce(item.discount, 0) - coalesce(item.shipping_discount, 0)), 2) AS contained,
        round(coalesce(item.tax, 0) * sold.units / item.quantity, 2) AS tax
    FROM settled JOIN inventory_orderline item ON item.id = settled.order_line_id
    JOIN inventory_order o ON o.id = item.order_id
    CROSS JOIN LATERAL (SELECT coalesce(nullif(item.quantity_shipped, 0), item.quantity - item.quantity_cancelled)
        AS units) AS left_us
    CROSS JOIN LATERAL (SELECT least(coalesce(nullif(settled.units, 0), left_us.units), left_us.units) AS units) AS told
    CROSS JOIN LATERAL (SELECT told.units,
        least(1, told.units::numeric / greatest(item.quantity - item.quantity_cancelled, 1)) AS share) AS sold
    WHERE item.item_total IS NOT NULL AND item.quantity > 0
), habit AS (
    SELECT account_id, channel, count(*) FILTER (WHERE abs(amount - contained - tax) < 0.01)
        > count(*) FILTER (WHERE abs(amount - contained) < 0.01) AS is_apart
    FROM worth WHERE tax <> 0 GROUP BY 1, 2
), judged AS (
    SELECT worth.*, contained + CASE WHEN coalesce(habit.is_apart, false) THEN tax ELSE 0 END AS expected
    FROM worth LEFT JOIN habit USING (account_id, channel)
)
SELECT account_id, order_line_id::text, CASE WHEN expected - amount >= %(urgent)s THEN 'S1' ELSE 'S2' END,
    settlement_id, line_id, order_line_id, order_ref, expected - amount, currency,
    jsonb_build_object('expected', expected::text, 'settled', amount::text, 'rows', rows)
FROM judged WHERE expected - amount >= 0.01 AND NOT is_doubtful
"""

MISSING_PAYMENT = """
WITH chains AS (
    SELECT account_id, currency, chain, min(period_start) AS first, max(period_end) AS last
    FROM finance_settlement WHERE kind <> 'advertising' AND line_count > 0 GROUP BY 1, 2, 3
), holes AS (
    SELECT account_id, currency, former_end, period_start FROM (
        SELECT account_id, currency, period_start, max(period_end) OVER (
            PARTITION BY account_id, currency, chain, kind ORDER BY period_start, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS former_end
        FROM finance_settlement) AS spans
    WHERE period_start - former_end > interval '1 hour'
), shipped AS (
    SELECT item.*, o.channel, o.ordered_at, sent.at AS sent_at
    FROM inventory_orderline item JOIN inventory_order o ON o.id = item.order_id
    CROSS JOIN LATERAL (SELECT coalesce(item.shipped_at, (SELECT min(e.happened_at) FROM inventory_orderevent e
        WHERE e.order_id = o.id AND e.kind IN ('shipped', 'delivered')), o.changed_at) AS at) AS sent
    WHERE item.quantity_shipped > 0 AND item.item_total > 0 AND o.replacement_of = ''
        AND o.ordered_at < %(unpaid_before)s AND sent.at < %(unpaid_before)s
        AND NOT EXISTS (SELECT FROM finance_settlementline line
            JOIN finance_match found ON found.settlement_line_id = line.id
            JOIN finance_settlement s ON s.id = line.settlement_id
            WHERE line.account_id = item.account_id AND line.order_ref = item.order_ref
                AND found.order_line_id = item.id AND (line.line_class = 'principal' OR s.state = 'inconsistent'))
)
SELECT item.account_id, item.id::text, CASE WHEN due.amount >= %(urgent)s THEN 'S1' ELSE 'S2' END, NULL::bigint,
    NULL::bigint, item.id, item.order_ref, due.amount, item.currency,
    jsonb_build_object('shipped', item.quantity_shipped, 'shipped_at', item.sent_at, 'covered_until', chain.last)
FROM shipped item
CROSS JOIN LATERAL (SELECT min(c.first) AS first, min(c.last) AS last FROM chains c
    WHERE c.account_id = item.account_id AND c.currency = item.currency AND (c.chain = item.channel OR NOT EXISTS (
        SELECT FROM chains own WHERE own.account_id = item.account_id AND own.currency = item.currency
            AND own.chain = item.channel))) AS chain
CROSS JOIN LATERAL (SELECT round(item.item_total * item.quantity_shipped / item.quantity
    + coalesce(item.shipping, 0) + coalesce(item.gift_wrap, 0) - coalesce(item.discount, 0)
    - coalesce(item.shipping_discount, 0), 2) AS amount) AS due
WHERE chain.first <= item.ordered_at AND chain.last >= item.sent_at + interval '14 days'
    AND NOT EXISTS (SELECT FROM holes WHERE holes.account_id = item.account_id AND holes.currency = item.currency
        AND holes.former_end <= item.sent_at + interval '1 day' AND holes.period_start >= item.ordered_at)
    AND NOT EXISTS (SELECT FROM finance_settlementline line WHERE line.account_id = item.account_id
        AND line.order_ref = item.order_ref AND line.scope = 'quarantine')
"""
