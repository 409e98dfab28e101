"""What stands on a statement and should not, or cannot be read: charged twice, unknown labels, unmatched lines.

Every query gives: account, key, severity, statement, statement line, order line, order, amount owed to us, currency,
evidence. Two parcels on one day may rightly bring equal fees, as many as there are equal sales; parts of
a charge of the whole order are not compared, because each of its lines may bring one. `told` is a
temporary table of all that statements say of the order lines in question.
"""

from finance.classes import ACCOUNT_FEES, ORDER_FEES

TWICE_PER_ORDER = """
WITH charged AS (
    SELECT line.*, row_number() OVER (
            PARTITION BY line.order_line_id, line.line_class, line.label_type, line.label_group, line.label_text,
                line.amount, line.quantity, line.posted_at, line.shipment_ref, line.is_reversal
            ORDER BY line.settlement_id, line.row_no) AS copy
    FROM told line
    WHERE line.line_class = ANY(%(order_fees)s) AND line.amount <> 0 AND line.layer <> 5
), sold AS (
    SELECT order_line_id, posted_at, max(copies) AS sales FROM (
        SELECT line.order_line_id, line.posted_at, count(*) AS copies FROM told line
        WHERE line.line_class = 'principal'
        GROUP BY 1, 2, line.amount, line.quantity, line.label_type, line.label_group, line.label_text) AS equal_sales
    GROUP BY 1, 2
)
SELECT c.account_id, s.external_id || ':' || c.order_line_id || ':' || c.line_class,
    'S2', c.settlement_id, min(c.id), c.order_line_id, min(c.order_ref), -sum(c.amount), min(c.currency),
    jsonb_build_object('class', c.line_class, 'labels', jsonb_agg(DISTINCT c.label_text), 'rows',
        jsonb_agg(c.row_no ORDER BY c.row_no), 'copies', max(c.copy))
FROM charged c JOIN finance_settlement s ON s.id = c.settlement_id
LEFT JOIN sold ON sold.order_line_id = c.order_line_id AND sold.posted_at IS NOT DISTINCT FROM c.posted_at
WHERE c.copy > greatest(coalesce(sold.sales, 1), 1)
GROUP BY c.account_id, s.external_id, c.settlement_id, c.order_line_id, c.line_class
"""

TWICE_LATER = """
WITH per AS (
    SELECT line.order_line_id, line.settlement_id, s.period_start,
        bool_and(line.line_class = ANY(%(order_fees)s) AND NOT line.is_reversal) AS is_fees_only,
        bool_or(line.line_class = 'principal') AS has_sale
    FROM told line JOIN finance_settlement s ON s.id = line.settlement_id GROUP BY 1, 2, 3
), alone AS (
    SELECT later.order_line_id, later.settlement_id, later.period_start FROM per later
    WHERE later.is_fees_only AND NOT EXISTS (SELECT FROM per other WHERE other.order_line_id = later.order_line_id
        AND other.has_sale AND other.period_start >= later.period_start)
        AND EXISTS (SELECT FROM per other WHERE other.order_line_id = later.order_line_id AND other.has_sale)
        AND NOT EXISTS (SELECT FROM told back WHERE back.order_line_id = later.order_line_id
            AND (back.is_reversal OR back.line_class LIKE 'refund%%' OR back.line_class = 'fee_reversal'))
)
SELECT c.account_id, s.external_id || ':' || c.order_line_id || ':' || c.line_class, 'S2', c.settlement_id, min(c.id),
    c.order_line_id, min(c.order_ref), -sum(c.amount), min(c.currency), jsonb_build_object('class', c.line_class,
        'labels', jsonb_agg(DISTINCT c.label_text), 'rows', jsonb_agg(c.row_no ORDER BY c.row_no), 'copies', 2)
FROM alone JOIN told c ON c.order_line_id = alone.order_line_id AND c.settlement_id = alone.settlement_id
JOIN finance_settlement s ON s.id = c.settlement_id
WHERE c.amount <> 0 AND c.layer <> 5 AND EXISTS (SELECT FROM told former JOIN per ON per.order_line_id = former.order_line_id
        AND per.settlement_id = former.settlement_id AND per.period_start < alone.period_start
    WHERE former.order_line_id = c.order_line_id AND former.line_class = c.line_class
        AND former.posted_at IS DISTINCT FROM c.posted_at
        AND (former.label_type, former.label_group, former.label_text, former.amount, former.shipment_ref)
            = (c.label_type, c.label_group, c.label_text, c.amount, c.shipment_ref)
        AND former.quantity IS NOT DISTINCT FROM c.quantity)
GROUP BY c.account_id, s.external_id, c.settlement_id, c.order_line_id, c.line_class
"""

TWICE_PER_ACCOUNT = """
WITH charged AS (
    SELECT line.*, row_number() OVER (
            PARTITION BY line.account_id, line.currency, line.line_class, line.label_type, line.label_group,
                line.label_text, line.amount, line.quantity, line.remote_id, line.reference,
                coalesce(line.posted_at::text, line.settlement_id::text)
            ORDER BY line.settlement_id, line.row_no) AS copy
    FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
    WHERE line.line_class = ANY(%(account_fees)s) AND line.scope = 'account' AND line.amount <> 0
        AND EXISTS (SELECT FROM finance_settlement near WHERE near.id = ANY(%(ids)s)
            AND near.account_id = s.account_id AND near.currency = s.currency
            AND near.period_start - interval '62 days' < s.period_end
            AND s.period_start - interval '62 days' < near.period_end)
)
SELECT c.account_id, s.external_id || ':' || c.line_class || ':'
        || md5(concat_ws('/', c.label_type, c.label_group, c.label_text)),
    'S2', c.settlement_id, min(c.id), NULL::bigint, '', -sum(c.amount), min(c.currency),
    jsonb_build_object('class', c.line_class, 'labels', jsonb_build_array(c.label_type, c.label_group, c.label_text),
        'rows', jsonb_agg(c.row_no ORDER BY c.row_no), 'copies', max(c.copy))
FROM charged c JOIN finance_settlement s ON s.id = c.settlement_id
WHERE c.copy > 1 AND c.settlement_id = ANY(%(ids)s)
GROUP BY c.account_id, s.external_id, c.settlement_id, c.line_class, c.label_type, c.label_group, c.label_text
"""

UNKNOWN_LABEL = """
SELECT line.account_id, s.external_id || ':' || md5(concat_ws('/', line.label_type, line.label_group, line.label_text)),
    CASE WHEN abs(sum(line.amount)) > abs(s.total) / 100 THEN 'S1' ELSE 'S3' END,
    s.id, min(line.id), NULL::bigint, min(line.order_ref), sum(line.amount), min(line.currency),
    jsonb_build_object('labels', jsonb_build_array(line.label_type, line.label_group, line.label_text),
        'rows', count(*))
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
WHERE line.scope = 'quarantine' AND line.line_class = 'unknown'
GROUP BY line.account_id, s.id, line.label_type, line.label_group, line.label_text
"""

UNMATCHED = """
SELECT line.account_id, s.external_id || ':' || line.order_ref || ':' || found.reason, 'S3', s.id, min(line.id),
    NULL::bigint, line.order_ref, sum(line.amount), min(line.currency),
    jsonb_build_object('reason', found.reason, 'rows', count(*), 'first_row', min(line.row_no))
FROM finance_settlementline line JOIN finance_settlement s ON s.id = line.settlement_id
JOIN finance_match found ON found.settlement_line_id = line.id
WHERE line.scope = 'quarantine' AND line.line_class <> 'unknown' AND s.imported_at < %(unmatched_before)s
GROUP BY line.account_id, s.id, line.order_ref, found.reason
"""

CLASSES = {"order_fees": list(ORDER_FEES), "account_fees": list(ACCOUNT_FEES)}
