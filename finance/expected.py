"""Expected fees as sets, inside the database: by the rule of `finance.fees`, which a property test compares with this.

1. `asked`: the order lines (`fee_sales`). 2. `picked`: the version of each schedule that holds (`fee_versions`).
3. `tiered`: the row of the line's price, weight and size. 4. `said`, `quoted`: of schedule, estimate and quote, who counts.
5. Amounts (`fee_terms`), shares of other fees last.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from finance.fee_sales import ASKED, OF_LINES
from finance.fee_terms import FITS, OF_ORDER, PORTIONS, SIDES, SIZE, charged, of_fees, tolerance
from finance.fee_versions import PICKED
from finance.fees import QUOTE_DAYS, QUOTE_PRICE_GAP, QUOTE_TOLERANCE, SALE_FEES, TOLERANCE

_STEPS = f"""
WITH {{picked}}, tiered AS MATERIALIZED (
    SELECT DISTINCT ON (a.order_line_id, p.line_class) a.order_line_id, p.line_class, p.version, p.is_own, p.lacks,
        rule.id AS rule_id, rule.basis, {SIDES}, base.size, fit.it AS fits,
        CASE WHEN p.lacks <> '' THEN p.lacks WHEN fit.it THEN ''
            WHEN a.weight_g IS NULL AND p.has_weight THEN 'no_weight'
            WHEN a.longest_mm IS NULL AND p.has_size THEN 'no_size' WHEN a.item IS NULL THEN 'no_price'
            WHEN p.needs_net AND a.tax IS NULL AND NOT a.is_tax_apart AND a.paid <> 0 THEN 'no_vat'
            ELSE 'no_tier' END AS reason
    FROM asked a JOIN picked p USING (account_id, channel, programme, category, day, currency)
    JOIN rules rule ON rule.version = p.version
    CROSS JOIN LATERAL ({SIZE}) AS base CROSS JOIN LATERAL (SELECT {FITS} AS it) AS fit
    ORDER BY a.order_line_id, p.line_class, fit.it DESC, {SIDES}, rule.price_from DESC NULLS LAST,
        rule.weight_from_g DESC NULLS LAST, rule.id
), quoted AS (
    SELECT DISTINCT ON (a.order_line_id) a.order_line_id, quote.id AS quote_id, quote.parts, a.item IS NOT NULL
        AND quote.currency = a.currency AND abs((quote.quoted_at AT TIME ZONE 'UTC')::date - a.day) <= {QUOTE_DAYS}
        AND abs(a.item - quote.price * a.units) <= {QUOTE_PRICE_GAP} * quote.price * a.units AS is_near
    FROM asked a JOIN finance_feequote quote ON quote.account_id = a.account_id AND quote.remote_id = a.remote_id
        AND quote.remote_id <> '' AND quote.channel IN ('', a.channel)
    ORDER BY a.order_line_id, quote.channel = a.channel DESC, quote.quoted_at DESC, quote.id
), said AS (
    SELECT order_line_id, 'commission' AS line_class, 1 AS place, 'order' AS source, NULL::bigint AS quote_id,
        estimate AS amount, {tolerance("estimate", *map(str, TOLERANCE))} AS tolerance
    FROM asked a WHERE estimate IS NOT NULL
    UNION ALL
    SELECT a.order_line_id, part.line_class, 2, 'quote', quoted.quote_id, part.amount * a.units,
        {tolerance("part.amount * a.units", *map(str, QUOTE_TOLERANCE))}
    FROM quoted JOIN asked a USING (order_line_id) CROSS JOIN LATERAL (
        SELECT told ->> 'line_class' AS line_class, -sum((told ->> 'amount')::numeric) AS amount
        FROM jsonb_array_elements(quoted.parts) AS told GROUP BY 1) AS part
    WHERE quoted.is_near AND part.line_class = ANY(%(classes)s)
        AND (part.line_class <> 'fulfilment' OR a.programme = 'marketplace')
), best AS (
    SELECT DISTINCT ON (said.order_line_id, said.line_class) said.* FROM said
    WHERE NOT EXISTS (SELECT FROM tiered t WHERE t.order_line_id = said.order_line_id
        AND t.line_class = said.line_class AND t.is_own AND t.lacks = '')
    ORDER BY said.order_line_id, said.line_class, said.place
), ruled AS MATERIALIZED (
    SELECT t.*, CASE WHEN t.is_own THEN 'agreed' ELSE 'published' END AS source FROM tiered t
    WHERE NOT EXISTS (SELECT FROM best WHERE best.order_line_id = t.order_line_id AND best.line_class = t.line_class)
), plain AS MATERIALIZED (
    SELECT order_line_id, line_class, source, NULL::bigint AS rule_id, quote_id, amount, tolerance, '' AS reason
    FROM best
    UNION ALL
    SELECT t.order_line_id, t.line_class, t.source, CASE WHEN t.reason = '' THEN t.rule_id END, NULL,
        CASE WHEN t.reason = '' THEN worth.amount END,
        CASE WHEN t.reason = '' THEN {tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")}
            ELSE {tolerance("NULL::numeric", *map(str, TOLERANCE))} END,
        CASE WHEN t.reason <> '' THEN t.reason WHEN rule.basis <> 'nothing' AND t.size IS NULL
            THEN CASE WHEN a.item IS NULL THEN 'no_price' ELSE 'no_vat' END
            WHEN mine.it IS NULL THEN 'no_price' WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    CROSS JOIN LATERAL (SELECT CASE WHEN rule.basis = 'nothing' THEN 0
        WHEN rule.is_marginal AND t.size IS NOT NULL THEN ({PORTIONS}) ELSE rule.rate * t.size END AS it OFFSET 0) AS part
    CROSS JOIN LATERAL (SELECT {OF_ORDER} AS it OFFSET 0) AS mine
    CROSS JOIN LATERAL ({charged("part.it", of_order="mine.it")}) AS worth
    WHERE t.reason <> '' OR t.basis NOT IN ('commission', 'fees')
), of_commission AS MATERIALIZED (
    SELECT t.order_line_id, t.line_class, t.source, t.rule_id, NULL::bigint AS quote_id, worth.amount,
        {tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")} AS tolerance,
        CASE WHEN plain.amount IS NULL THEN 'no_commission' WHEN mine.it IS NULL THEN 'no_price'
            WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
            AS reason
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    LEFT JOIN plain ON plain.order_line_id = t.order_line_id AND plain.line_class = 'commission'
    CROSS JOIN LATERAL (SELECT {OF_ORDER} AS it OFFSET 0) AS mine
    CROSS JOIN LATERAL ({charged(of_fees("plain.amount"), of_order="mine.it")}) AS worth
    WHERE t.reason = '' AND t.basis = 'commission'
), so_far AS (SELECT * FROM plain UNION ALL SELECT * FROM of_commission), sums AS (
    SELECT order_line_id, CASE WHEN count(*) = count(amount) THEN sum(amount) END AS amount FROM so_far GROUP BY 1
), fees AS (
    SELECT * FROM so_far
    UNION ALL
    SELECT t.order_line_id, t.line_class, t.source, t.rule_id, NULL, worth.amount,
        {tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")},
        CASE WHEN sums.amount IS NULL THEN 'no_fees' WHEN mine.it IS NULL THEN 'no_price'
            WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    LEFT JOIN sums USING (order_line_id) CROSS JOIN LATERAL (SELECT {OF_ORDER} AS it OFFSET 0) AS mine
    CROSS JOIN LATERAL ({charged(of_fees("sums.amount"), of_order="mine.it")}) AS worth
    WHERE t.reason = '' AND t.basis = 'fees'
)
"""  # noqa: S608 - as above
_SAVE = """
, gone AS (
    DELETE FROM finance_expectedfee former USING inventory_orderline line JOIN inventory_order o ON o.id = line.order_id
    WHERE former.order_line_id = line.id AND {which} AND NOT EXISTS (SELECT FROM fees
        WHERE fees.order_line_id = former.order_line_id AND fees.line_class = former.line_class)
    RETURNING former.order_line_id
), saved AS (
    INSERT INTO finance_expectedfee AS former
        (order_line_id, line_class, amount, currency, tolerance, source, rule_id, quote_id, reason)
    SELECT fees.order_line_id, fees.line_class, -fees.amount, a.currency, fees.tolerance, fees.source, fees.rule_id,
        fees.quote_id, fees.reason
    FROM fees JOIN asked a USING (order_line_id) ORDER BY 1, 2
    ON CONFLICT (order_line_id, line_class) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
        tolerance = excluded.tolerance, source = excluded.source, rule_id = excluded.rule_id,
        quote_id = excluded.quote_id, reason = excluded.reason
    WHERE (former.amount, former.currency, former.tolerance, former.source, former.rule_id, former.quote_id,
        former.reason) IS DISTINCT FROM (excluded.amount, excluded.currency, excluded.tolerance, excluded.source,
        excluded.rule_id, excluded.quote_id, excluded.reason)
    RETURNING former.order_line_id
)
SELECT order_line_id FROM gone UNION SELECT order_line_id FROM saved
"""


def refresh(order_line_ids: Sequence[int]) -> list[int]:
    """Reckon the expected fees of these lines anew; returns the lines whose fees changed. The caller locks."""
    steps = _STEPS.format(picked=PICKED.format(asked=ASKED.format(which=OF_LINES)))
    with connection.cursor() as cursor:
        cursor.execute(
            steps + _SAVE.format(which=OF_LINES), {"classes": list(SALE_FEES), "lines": list(order_line_ids)}
        )
        return [pk for (pk,) in cursor.fetchall()]
