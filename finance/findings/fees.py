"""Fees against what was expected: too high, not agreed, or not given back with a refund.

`told` is a temporary table of all that statements say of the order lines in question. What was charged twice is a
finding of its own and is left out here; rows of a statement that is not whole prove nothing. A fee of which nothing is
expected is judged only where the account says that its schedule names every fee. Where no schedule says whether a
commission fell on shipping too, it fell on goods alone if only that makes its rate one of whole or half per cents.
"""

from finance.fee_sales import ASKED, digits
from finance.fee_terms import charged, of_fees
from finance.fee_versions import PICKED
from finance.fees import SALE_FEES
from marketplaces.canonical import LineClass as C

JUDGED = (*SALE_FEES, C.RETURN_HANDLING.value, C.ADMINISTRATION_FEE.value)
CHARGED = """
charged AS (
    SELECT line.account_id, line.order_line_id, line.line_class, min(line.order_ref) AS order_ref,
        -sum(line.amount) - coalesce(max(twice.amount), 0) AS amount, min(line.currency) AS currency,
        max(line.settlement_id) AS settlement_id, max(line.id) AS line_id, min(line.posted_at) AS first_seen
    FROM told line JOIN finance_settlement s ON s.id = line.settlement_id
    LEFT JOIN (SELECT order_line_id, evidence ->> 'class' AS line_class, sum(amount) AS amount
        FROM finance_discrepancy WHERE kind = 'duplicate' AND state <> 'resolved'
            AND order_line_id IN (SELECT order_line_id FROM touched) GROUP BY 1, 2) AS twice
        ON twice.order_line_id = line.order_line_id AND twice.line_class = line.line_class
    WHERE line.line_class = ANY(%(judged_fees)s)
    GROUP BY line.account_id, line.order_line_id, line.line_class
    HAVING NOT bool_or(s.state = 'inconsistent') AND count(DISTINCT line.currency) = 1
)
"""

_ROWS = """
shown AS (
    SELECT found.order_line_id, found.line_class, jsonb_agg(jsonb_build_object('statement', s.external_id,
        'row', line.row_no, 'amount', line.amount::text) ORDER BY line.settlement_id, line.row_no) AS rows
    FROM found JOIN told line USING (order_line_id, line_class) JOIN finance_settlement s ON s.id = line.settlement_id
    GROUP BY 1, 2
)
"""

FEE_OVERCHARGE = f"""
WITH {CHARGED}, found AS MATERIALIZED (
    SELECT c.*, item.sku_id, fee.amount AS expected, fee.tolerance, fee.source, fee.rule_id, fee.quote_id,
        c.amount + fee.amount AS too_much
    FROM charged c JOIN finance_expectedfee fee USING (order_line_id, line_class)
    JOIN inventory_orderline item ON item.id = c.order_line_id
    WHERE fee.amount <> 0 AND fee.currency = c.currency AND c.amount + fee.amount > fee.tolerance
), habit AS (
    SELECT account_id, sku_id, line_class, count(*) AS lines FROM (
        SELECT account_id, sku_id, line_class, order_line_id FROM found
        UNION
        SELECT d.account_id, item.sku_id, d.evidence ->> 'class', d.order_line_id
        FROM finance_discrepancy d JOIN inventory_orderline item ON item.id = d.order_line_id
        WHERE d.kind = 'fee_overcharge' AND d.state = 'open' AND item.sku_id IN (SELECT sku_id FROM found)
    ) AS known WHERE sku_id IS NOT NULL GROUP BY 1, 2, 3
), {_ROWS}
SELECT f.account_id, f.order_line_id || ':' || f.line_class, CASE WHEN habit.lines >= 10 THEN 'S2' ELSE 'S3' END,
    f.settlement_id, f.line_id, f.order_line_id, f.order_ref, f.too_much, f.currency,
    jsonb_strip_nulls(jsonb_build_object('class', f.line_class, 'expected_fee', (-f.expected)::text,
        'charged_fee', f.amount::text, 'tolerance', f.tolerance::text, 'source', f.source, 'rule', rule.id,
        'rule_from', rule.valid_from, 'rule_source', rule.source, 'quote', quote.id, 'quoted_at', quote.quoted_at,
        'same_sku', habit.lines, 'rows', shown.rows))
FROM found f LEFT JOIN shown USING (order_line_id, line_class) LEFT JOIN habit USING (account_id, sku_id, line_class)
LEFT JOIN finance_feerule rule ON rule.id = f.rule_id LEFT JOIN finance_feequote quote ON quote.id = f.quote_id
"""  # noqa: S608 - fragments of one statement, no values

MONTH_OVERCHARGE = """
SELECT told.account_id, told.key, 'S3', told.settlement_id, told.line_id, NULL::bigint, '', told.over - twice.amount,
    told.currency, told.evidence
FROM jsonb_to_recordset(%(months_over)s::jsonb) AS told(account_id bigint, key text, line_class text, currency text,
    over numeric, tolerance numeric, settlement_id bigint, line_id bigint, evidence jsonb)
JOIN finance_settlementline last ON last.id = told.line_id JOIN finance_settlement s ON s.id = last.settlement_id
CROSS JOIN LATERAL (SELECT coalesce(sum(d.amount), 0) AS amount
    FROM finance_discrepancy d JOIN finance_settlementline line ON line.id = d.settlement_line_id
    JOIN finance_settlement of ON of.id = line.settlement_id
    WHERE d.account_id = told.account_id AND d.kind = 'duplicate' AND d.state <> 'resolved' AND d.order_line_id IS NULL
        AND line.line_class = told.line_class AND told.line_class = 'storage' AND line.currency = told.currency
        AND date_trunc('month', coalesce(line.posted_at, of.period_end), 'UTC')
            = date_trunc('month', coalesce(last.posted_at, s.period_end), 'UTC')) AS twice
WHERE told.over - twice.amount > told.tolerance
"""
"""A month's storage or plan, as `finance.monthly_fees` tells it; a plan is judged by the charge, however often it comes."""

_OF_COMPLETE = """
line.id IN (SELECT order_line_id FROM charged) AND EXISTS (SELECT FROM finance_feerule complete
    WHERE complete.account_id = line.account_id AND complete.line_class = '' AND complete.withdrawn_at IS NULL)
"""
_STANDING = """
FROM finance_feerule rule WHERE rule.account_id = a.account_id AND rule.line_class = {line_class}
    AND rule.withdrawn_at IS NULL AND NOT rule.is_end AND rule.valid_from <= a.day
    AND rule.channel IN ('', a.channel) AND rule.currency IN ('', a.currency) AND {fits}
    AND NOT EXISTS (SELECT FROM finance_feerule later WHERE later.account_id = rule.account_id
        AND later.line_class = rule.line_class AND later.withdrawn_at IS NULL AND later.valid_from <= a.day
        AND (later.valid_from > rule.valid_from OR (later.valid_from = rule.valid_from AND later.is_end))
        AND (later.channel, later.category, later.programme, later.currency)
            = (rule.channel, rule.category, rule.programme, rule.currency))
"""
_COMPLETE = _STANDING.format(
    line_class="''", fits="rule.category IN ('', a.category) AND rule.programme IN ('', a.programme)"
)
_AGREED = _STANDING.format(
    line_class="c.line_class", fits="(rule.programme IN ('', a.programme) OR a.programme = 'unknown')"
)
UNEXPECTED_FEE = f"""
WITH {CHARGED}, asked AS MATERIALIZED ({ASKED.format(which=_OF_COMPLETE)}), found AS MATERIALIZED (
    SELECT c.*, fee.id IS NOT NULL AS is_free, CASE WHEN fee.id IS NULL THEN complete.rule_id ELSE fee.rule_id END AS rule_id
    FROM charged c LEFT JOIN finance_expectedfee fee USING (order_line_id, line_class)
    LEFT JOIN asked a USING (order_line_id)
    LEFT JOIN LATERAL (SELECT rule.id AS rule_id {_COMPLETE} ORDER BY rule.valid_from DESC, rule.id LIMIT 1) AS complete ON true
    WHERE c.amount > 0.01 AND (fee.amount = 0 OR fee.id IS NULL AND complete.rule_id IS NOT NULL
        AND NOT EXISTS (SELECT {_AGREED}))
), {_ROWS}
SELECT f.account_id, f.order_line_id || ':' || f.line_class, 'S3', f.settlement_id, f.line_id, f.order_line_id,
    f.order_ref, f.amount, f.currency, jsonb_strip_nulls(jsonb_build_object('class', f.line_class,
        'charged_fee', f.amount::text, 'expected_fee', CASE WHEN f.is_free THEN '0' END, 'first_seen', f.first_seen,
        'rule', rule.id, 'rule_from', rule.valid_from, 'rule_source', rule.source, 'rows', shown.rows))
FROM found f LEFT JOIN shown USING (order_line_id, line_class) LEFT JOIN finance_feerule rule ON rule.id = f.rule_id
"""  # noqa: S608 - as above

_REFUNDED = "line.id IN (SELECT order_line_id FROM told WHERE line_class = 'refund_principal')"
REFUND_WITHOUT_CREDIT = f"""
WITH {PICKED.format(asked=ASKED.format(which=_REFUNDED))}, ruled AS (
    SELECT DISTINCT ON (a.order_line_id, p.line_class) a.order_line_id, a.fee_vats, rule.*
    FROM asked a JOIN picked p USING (account_id, channel, programme, category, day, currency)
    JOIN rules rule ON rule.version = p.version WHERE p.lacks = ''
    ORDER BY a.order_line_id, p.line_class, rule.price_from NULLS FIRST, rule.id
), moved AS (
    SELECT line.account_id, line.order_line_id, min(line.order_ref) AS order_ref, min(line.currency) AS currency,
        sum(line.amount) FILTER (WHERE line.line_class IN ('principal', 'promotion')) AS goods,
        sum(line.amount) FILTER (WHERE line.line_class = ANY(%(sale)s)) AS paid,
        -sum(line.amount) FILTER (WHERE line.line_class IN ('refund_principal', 'refund_promotion')) AS goods_back,
        -sum(line.amount) FILTER (WHERE line.line_class LIKE 'refund\\_%%') AS paid_back,
        coalesce(sum(line.amount) FILTER (WHERE line.line_class = 'tax'), 0) AS tax,
        sum(abs(line.quantity)) FILTER (WHERE line.line_class = 'principal') AS units,
        coalesce(-sum(line.amount) FILTER (WHERE line.line_class = 'commission'), 0) AS commission,
        coalesce(sum(line.amount) FILTER (WHERE line.line_class = 'fee_reversal'), 0) AS credited,
        coalesce(-sum(line.amount) FILTER (WHERE line.line_class = 'administration_fee'), 0) AS kept,
        max(line.settlement_id) FILTER (WHERE line.line_class = 'refund_principal') AS settlement_id,
        max(line.id) FILTER (WHERE line.line_class = 'refund_principal') AS line_id,
        max(coalesce(line.posted_at, s.period_end, s.imported_at)) FILTER (WHERE line.line_class = 'refund_principal')
            AS refunded_at
    FROM told line JOIN finance_settlement s ON s.id = line.settlement_id
    WHERE line.order_line_id IN (SELECT order_line_id FROM told WHERE line_class = 'refund_principal')
    GROUP BY line.account_id, line.order_line_id
    HAVING bool_or(line.line_class = 'principal')
        AND NOT bool_or(s.state = 'inconsistent') AND count(DISTINCT line.currency) = 1
), shared AS (
    SELECT moved.*, least(1, CASE WHEN basis.is_goods
            THEN CASE WHEN abs(part.pieces - round(part.pieces)) < 0.005 AND moved.units > 0
                THEN round(part.pieces) / moved.units ELSE moved.goods_back / nullif(moved.goods, 0) END
            ELSE moved.paid_back / nullif(moved.paid, 0) END) AS share,
        least(moved.commission, coalesce(nullif(-fee.amount, 0), moved.commission)) AS charged,
        greatest(1, round(coalesce(part.pieces, 1))) AS pieces, {digits("moved.currency")} AS digits
    FROM moved LEFT JOIN finance_expectedfee fee
        ON fee.order_line_id = moved.order_line_id AND fee.line_class = 'commission'
    LEFT JOIN ruled ON ruled.order_line_id = moved.order_line_id AND ruled.line_class = 'commission'
    CROSS JOIN LATERAL (SELECT coalesce(bool_or(fits) FILTER (WHERE is_goods) AND NOT bool_or(fits)
            FILTER (WHERE NOT is_goods), false) AS is_goods FROM (
        SELECT is_goods, round(round(moved.commission / base * 200) / 200 * base, {digits("moved.currency")})
            = moved.commission AS fits
        FROM (VALUES (true, moved.goods), (true, moved.goods + moved.tax), (false, moved.paid)) AS tried(is_goods, base)
        WHERE base > 0) AS told) AS learned
    CROSS JOIN LATERAL (SELECT coalesce(ruled.basis = 'item', learned.is_goods) AS is_goods) AS basis
    CROSS JOIN LATERAL (SELECT moved.goods_back * moved.units / nullif(moved.goods, 0) AS pieces) AS part
    WHERE moved.commission > 0 AND CASE WHEN basis.is_goods THEN moved.goods ELSE moved.paid END <> 0
), due AS (
    SELECT shared.*, round(shared.charged * shared.share * coalesce(given.rate, 1), shared.digits) AS credit,
        keeps.id AS rule_id, keeps.fee_vats
    FROM shared
    LEFT JOIN ruled given ON given.order_line_id = shared.order_line_id AND given.line_class = 'fee_reversal'
    LEFT JOIN ruled keeps ON keeps.order_line_id = shared.order_line_id AND keeps.line_class = 'administration_fee'
), judged AS (
    SELECT due.*, rule.valid_from, rule.source, coalesce(worth.amount, due.kept) AS may_keep,
        due.credit - coalesce(worth.amount, due.kept) - (due.credited - due.kept) AS missing
    FROM due LEFT JOIN finance_feerule rule ON rule.id = due.rule_id
    LEFT JOIN LATERAL (SELECT due.digits, due.pieces AS units, due.fee_vats) AS a ON true
    LEFT JOIN LATERAL ({charged(of_fees("due.credit"))}) AS worth ON rule.id IS NOT NULL
)
SELECT account_id, order_line_id::text, 'S3', settlement_id, line_id, order_line_id, order_ref, missing, currency,
    jsonb_strip_nulls(jsonb_build_object('commission', charged::text, 'share_refunded', round(share, 4)::text,
        'credit_due', credit::text, 'credited', credited::text, 'may_keep', may_keep::text, 'kept', kept::text,
        'refunded_at', refunded_at, 'rule', rule_id, 'rule_from', valid_from, 'rule_source', source))
FROM judged WHERE missing > greatest(0.02, 0.02 * credit) AND refunded_at < %(now)s::timestamptz - interval '7 days'
"""  # noqa: S608 - as above

PARAMETERS = {
    "judged_fees": list(JUDGED),
    "classes": [C.COMMISSION.value, C.FEE_REVERSAL.value, C.ADMINISTRATION_FEE.value],
}
