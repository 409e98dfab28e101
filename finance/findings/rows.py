"""Single rows that someone must look at: penalties, and tax that the wrong party kept or another rate made."""

PENALTY = """
SELECT line.account_id, s.external_id || ':' || line.source_hash, 'S3', s.id, min(line.id), min(found.order_line_id),
    line.order_ref, -sum(coalesce(found.amount, line.amount)), line.currency, jsonb_build_object('labels',
        jsonb_build_array(line.label_type, line.label_group, line.label_text), 'posted_at', min(line.posted_at))
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
LEFT JOIN finance_match found ON found.settlement_line_id = line.id
WHERE line.settlement_id = ANY(%(ids)s) AND line.line_class = 'penalty' AND line.amount < 0
GROUP BY line.account_id, s.id, line.source_hash, line.order_ref, line.currency, line.label_type, line.label_group,
    line.label_text
"""

TAX_ANOMALY = """
WITH sums AS (
    SELECT line.order_line_id, min(line.account_id) AS account_id, min(line.currency) AS currency, count(*) AS rows,
        max(line.settlement_id) FILTER (WHERE line.line_class IN ('tax', 'refund_tax', 'tax_withheld')) AS settlement_id,
        min(line.id) FILTER (WHERE line.line_class IN ('tax', 'refund_tax', 'tax_withheld')) AS line_id,
        sum(line.amount) FILTER (WHERE line.line_class IN ('principal', 'shipping', 'wrap', 'promotion')) AS net,
        sum(line.amount) FILTER (WHERE line.line_class = 'tax') AS tax,
        sum(line.amount) FILTER (WHERE line.line_class = 'tax_withheld') AS withheld,
        sum(line.amount) FILTER (WHERE line.line_class IN ('refund_principal', 'refund_shipping', 'refund_promotion'))
            AS refund,
        sum(line.amount) FILTER (WHERE line.line_class = 'refund_tax') AS refund_tax
    FROM told line JOIN finance_settlement s ON s.id = line.settlement_id
    GROUP BY 1 HAVING NOT bool_or(s.state = 'inconsistent')
), judged AS (
    SELECT sums.*, 'kept_by_the_wrong_party' AS what, -(coalesce(tax, 0) + coalesce(refund_tax, 0) + withheld) AS amount,
        0.01 AS tolerance FROM sums WHERE withheld IS NOT NULL
    UNION ALL
    SELECT sums.*, 'refunded_at_another_rate', round(refund * tax / net, 2) - refund_tax, 0.01 * rows FROM sums
    WHERE withheld IS NULL AND net > 0 AND tax > 0 AND refund < 0 AND refund_tax IS NOT NULL
)
SELECT j.account_id, j.order_line_id::text || ':' || j.what, 'S2', j.settlement_id, j.line_id, j.order_line_id,
    item.order_ref, j.amount, j.currency, jsonb_build_object('what', j.what, 'net', j.net::text, 'tax', j.tax::text,
        'withheld', j.withheld::text, 'refund', j.refund::text, 'refund_tax', j.refund_tax::text,
        'place_of_supply', o.ship_to_country)
FROM judged j JOIN inventory_orderline item ON item.id = j.order_line_id JOIN inventory_order o ON o.id = item.order_id
WHERE abs(j.amount) >= j.tolerance AND abs(j.amount) > CASE j.what WHEN 'refunded_at_another_rate' THEN j.tolerance ELSE 0 END
"""
