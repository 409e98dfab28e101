"""What was sold and not paid, paid too little, or paid too much, by the money of order lines (`order_money.py`).

A payment is missing once the order line has waited longer than 99 of 100 lines of its account did, from sending to the
end of the statement that paid them. Told by the newest of the account's paid lines that are old enough for the late ones
among them to have come too, and two weeks at least; an account with too few of them waits three weeks.
"""

_VARIANCE = """
WITH wrong AS (
    SELECT m.*, item.order_ref FROM touched JOIN finance_orderlinemoney m USING (order_line_id)
    JOIN inventory_orderline item ON item.id = m.order_line_id WHERE {condition} AND NOT m.is_doubtful
), told_by AS (
    SELECT line.order_line_id, min(line.id) FILTER (WHERE line.line_class = 'principal') AS line_id,
        jsonb_agg(jsonb_build_object('class', line.line_class, 'amount', line.amount::text, 'statement', s.external_id,
            'row', line.row_no) ORDER BY line.settlement_id, line.row_no) AS rows
    FROM told line JOIN wrong USING (order_line_id) JOIN finance_settlement s ON s.id = line.settlement_id
    WHERE line.line_class = ANY(%(sale)s) GROUP BY 1
)
SELECT w.account_id, w.order_line_id::text, {severity}, w.settlement_id, line_id, w.order_line_id, w.order_ref,
    -w.variance, w.currency, jsonb_build_object('expected', round(w.settled - w.variance, 2)::text,
        'settled', round(w.settled, 2)::text, 'rows', rows)
FROM wrong w JOIN told_by USING (order_line_id)
"""
SHORT_PAID = _VARIANCE.format(
    condition="m.variance <= -0.01",
    severity="CASE WHEN -w.variance >= (%(urgent)s::jsonb ->> w.currency)::numeric THEN 'S1' ELSE 'S2' END",
)
OVERPAID = _VARIANCE.format(condition="m.variance >= 0.01", severity="'S4'")

_SENT = """coalesce(item.shipped_at, (SELECT min(e.happened_at) FROM inventory_orderevent e
        WHERE e.order_id = item.order_id AND e.kind IN ('shipped', 'delivered')))"""
MISSING_PAYMENT = f"""
WITH told AS (
    SELECT * FROM finance_settlement WHERE kind <> 'advertising' AND (line_count > 0 OR total = 0)
), chains AS (
    SELECT account_id, currency, chain, min(period_start) AS first, max(period_end) AS last FROM told GROUP BY 1, 2, 3
), holes AS (
    SELECT account_id, currency, chain, former_end, period_start FROM (
        SELECT account_id, currency, chain, period_start, max(period_end) OVER (
            PARTITION BY account_id, currency, chain, kind ORDER BY period_start, id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS former_end
        FROM told) AS spans
    WHERE period_start - former_end > interval '1 hour'
), anywhere AS (
    SELECT account_id, currency, max(first) AS first, min(last) AS last FROM chains GROUP BY 1, 2
), due AS MATERIALIZED (
    SELECT item.*, greatest(m.recovered, 0) AS made_good, sent.at AS sent_at, greatest(o.ordered_at, sent.at) AS since,
        coalesce(own.last, anywhere.last) AS covered_until
    FROM finance_orderlinemoney m JOIN inventory_orderline item ON item.id = m.order_line_id
    JOIN inventory_order o ON o.id = item.order_id
    CROSS JOIN LATERAL (SELECT coalesce({_SENT}, o.changed_at) AS at) AS sent
    JOIN anywhere ON anywhere.account_id = item.account_id AND anywhere.currency = item.currency
    LEFT JOIN chains own ON own.account_id = item.account_id AND own.currency = item.currency AND own.chain = o.channel
    WHERE m.basis IN ('expected', 'deferred', 'refund_pending', 'disputed', 'written_off')
        AND m.settlement_id IS NULL
        AND item.quantity_shipped > 0 AND item.item_total > 0 AND o.replacement_of = ''
        AND greatest(o.ordered_at, sent.at) < %(now)s - %(told_after)s
        AND coalesce(own.first, anywhere.first) <= o.ordered_at
        AND coalesce(own.last, anywhere.last) >= sent.at + %(told_after)s
        AND NOT EXISTS (SELECT FROM holes WHERE holes.account_id = item.account_id AND holes.currency = item.currency
            AND (own.chain IS NULL OR holes.chain = own.chain)
            AND holes.former_end <= sent.at + interval '1 day' AND holes.period_start >= o.ordered_at)
), usual AS (
    SELECT asked.account_id, greatest(told.lag, %(told_after)s) AS lag FROM (SELECT DISTINCT account_id FROM due) AS asked
    CROSS JOIN LATERAL (SELECT count(*) AS lines, percentile_disc(0.99) WITHIN GROUP (ORDER BY newest.lag) AS lag FROM (
        SELECT s.period_end - sent.at AS lag FROM finance_orderlinemoney m
        JOIN inventory_orderline item ON item.id = m.order_line_id
        JOIN finance_settlement s ON s.id = m.settlement_id
        JOIN LATERAL (SELECT {_SENT} AS at) AS sent ON sent.at IS NOT NULL
        WHERE m.account_id = asked.account_id AND m.ordered_on BETWEEN %(lags_since)s AND %(lags_until)s
        ORDER BY m.ordered_on DESC, m.order_line_id DESC LIMIT 1000) AS newest) AS told
    WHERE told.lines >= %(lag_lines)s
)
SELECT item.account_id, item.id::text,
    CASE WHEN owed.amount >= (%(urgent)s::jsonb ->> item.currency)::numeric THEN 'S1' ELSE 'S2' END, NULL::bigint,
    NULL::bigint, item.id, item.order_ref, owed.amount, item.currency,
    jsonb_strip_nulls(jsonb_build_object('shipped', item.quantity_shipped, 'shipped_at', item.sent_at,
        'covered_until', item.covered_until, 'usually_paid_within_days', ceil(extract(epoch FROM usual.lag) / 86400)))
FROM due item LEFT JOIN usual ON usual.account_id = item.account_id
CROSS JOIN LATERAL (SELECT round(item.item_total * item.quantity_shipped / item.quantity
    + coalesce(item.shipping, 0) + coalesce(item.gift_wrap, 0) - coalesce(item.discount, 0)
    - coalesce(item.shipping_discount, 0), 2) - item.made_good AS amount) AS owed
CROSS JOIN LATERAL (SELECT count(*) AS lines FROM finance_settlementline line
    JOIN finance_settlement s ON s.id = line.settlement_id
    LEFT JOIN finance_match found ON found.settlement_line_id = line.id AND found.order_line_id = item.id
    WHERE line.account_id = item.account_id AND line.order_ref = item.order_ref AND line.order_ref <> ''
        AND (line.scope = 'quarantine'
        OR (found.order_line_id IS NOT NULL AND (line.line_class = 'principal' OR s.state = 'inconsistent')))) AS paid
WHERE paid.lines = 0 AND owed.amount >= 0.01 AND item.since < %(now)s - coalesce(usual.lag, %(unpaid_after)s)
"""  # noqa: S608 - constant text
