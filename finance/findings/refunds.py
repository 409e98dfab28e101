"""Money given back without the goods coming back, and reimbursements that are too small or were taken back.

A refund of goods that the marketplace fulfils is owed to us when 45 days later nothing came back and nothing was
reimbursed. Where returns of an account are not read at all, nothing is said.
"""

REFUND_WITHOUT_RETURN = """
WITH refunds AS (
    SELECT m.order_line_id, m.account_id, m.currency, m.recovered, item.order_ref, item.external_id, item.remote_id
    FROM finance_orderlinemoney m JOIN inventory_orderline item ON item.id = m.order_line_id
    JOIN inventory_order o ON o.id = item.order_id
    WHERE m.basis = 'refunded' AND m.ordered_on >= %(claims_since)s AND o.fulfilment = 'marketplace'
        AND m.recovered <= 0
        AND EXISTS (SELECT FROM inventory_return any_back WHERE any_back.account_id = m.account_id)
        AND NOT EXISTS (SELECT FROM inventory_return back WHERE back.account_id = m.account_id
            AND back.order_ref = item.order_ref AND NOT EXISTS (SELECT FROM inventory_orderline other
                WHERE other.order_id = item.order_id AND other.id <> item.id AND (other.external_id = back.line_ref
                    OR (back.line_ref = '' AND other.remote_id = back.remote_id AND item.remote_id <> back.remote_id))))
)
SELECT r.account_id, r.order_line_id::text, 'S3', paid.settlement_id, paid.line_id, r.order_line_id, r.order_ref,
    paid.amount, r.currency, jsonb_build_object('refunded_at', paid.at, 'units', paid.units, 'fulfilled_by', 'marketplace')
FROM refunds r
CROSS JOIN LATERAL (SELECT -sum(found.amount) AS amount, min(line.id) AS line_id, max(line.settlement_id) AS settlement_id,
        max(coalesce(line.posted_at, s.period_end)) AS at, sum(abs(line.quantity)) AS units
    FROM finance_settlementline line JOIN finance_match found ON found.settlement_line_id = line.id
    JOIN finance_settlement s ON s.id = line.settlement_id
    WHERE line.account_id = r.account_id AND line.order_ref = r.order_ref
        AND line.order_ref <> '' AND found.order_line_id = r.order_line_id
        AND line.line_class = 'refund_principal') AS paid
WHERE paid.amount > 0 AND paid.at < %(refunded_before)s
"""

CLAWED_BACK = """
SELECT line.account_id, s.external_id || ':' || line.source_hash, 'S3', s.id, min(line.id), min(found.order_line_id),
    line.order_ref, -sum(found.amount), line.currency,
    jsonb_build_object('labels', jsonb_build_array(line.label_type, line.label_group, line.label_text), 'pair', min(pair.told))
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
JOIN finance_match found ON found.settlement_line_id = line.id
LEFT JOIN LATERAL (SELECT former.external_id || ', row ' || paid.row_no AS told
    FROM finance_settlementline paid JOIN finance_settlement former ON former.id = paid.settlement_id
    WHERE paid.settlement_id IN (SELECT id FROM finance_settlement near WHERE near.account_id = line.account_id
            AND near.currency = line.currency AND near.period_start <= s.period_start
            AND near.period_start > s.period_start - interval '200 days')
        AND paid.line_class = 'reimbursement' AND paid.scope = 'account' AND paid.amount = -line.amount
        AND paid.remote_id = line.remote_id
    ORDER BY former.period_start DESC, paid.row_no LIMIT 1) AS pair ON true
WHERE line.settlement_id = ANY(%(ids)s) AND line.amount < 0
    AND (line.line_class = 'clawback' OR (line.line_class = 'reimbursement' AND line.is_reversal))
GROUP BY line.account_id, s.id, line.source_hash, line.order_ref, line.currency, line.label_type, line.label_group,
    line.label_text
"""

REIMBURSED_SHORT = """
WITH lost AS (
    SELECT line.order_line_id, min(line.account_id) AS account_id, min(line.currency) AS currency,
        min(line.settlement_id) FILTER (WHERE line.line_class IN ('reimbursement', 'claim')) AS settlement_id,
        min(line.id) FILTER (WHERE line.line_class IN ('reimbursement', 'claim')) AS line_id,
        -sum(line.amount) FILTER (WHERE line.line_class = ANY(%(gone)s)) AS loss,
        sum(line.amount) FILTER (WHERE line.line_class IN ('reimbursement', 'claim')) AS paid,
        sum(abs(line.quantity)) FILTER (WHERE line.line_class = 'refund_principal') AS units_lost,
        sum(abs(line.quantity)) FILTER (WHERE line.line_class IN ('reimbursement', 'claim')) AS units_paid
    FROM told line GROUP BY 1 HAVING bool_or(line.line_class = 'refund_principal')
)
SELECT l.account_id, item.id::text || ':short', 'S3', l.settlement_id, l.line_id, item.id, item.order_ref,
    l.loss - l.paid, l.currency, jsonb_build_object('lost', l.loss::text, 'reimbursed', l.paid::text,
        'units_lost', l.units_lost, 'units_reimbursed', l.units_paid)
FROM lost l JOIN inventory_orderline item ON item.id = l.order_line_id
WHERE l.paid > 0 AND l.loss - l.paid >= 0.01 AND NOT EXISTS (SELECT FROM inventory_return back
    WHERE back.account_id = item.account_id AND back.order_ref = item.order_ref)
"""

GONE = ("refund_principal", "refund_shipping", "refund_tax", "refund_promotion", "fee_reversal", "administration_fee")
"""What a refund costs in all, credits of fees included: a reimbursement should make it good."""
