"""Payouts on their way: held back too long, returned by the bank, or exchanged at a rate that is not the market's.

What is held back at the end of a statement is expected to be released on the next one. Sums run over the unbroken end
of a series: a gap, or a statement whose lines do not make its total, begins it anew.
"""

from finance.fx.sql import rate_of

RESERVE_HELD = """
WITH chain AS (
    SELECT s.id, s.account_id, s.currency, s.chain, s.kind, s.external_id, s.period_start, s.period_end,
        s.state = 'inconsistent' OR s.period_start - lag(s.period_end) OVER times > interval '1 hour' AS is_break,
        row_number() OVER (PARTITION BY s.account_id, s.currency, s.chain, s.kind ORDER BY s.period_start DESC, s.id DESC)
            AS from_end
    FROM finance_settlement s WHERE s.period_start IS NOT NULL AND s.line_count > 0
    WINDOW times AS (PARTITION BY s.account_id, s.currency, s.chain, s.kind ORDER BY s.period_start, s.id)
), unbroken AS (
    SELECT chain.*, coalesce(bool_or(is_break) OVER (PARTITION BY account_id, currency, chain, kind
        ORDER BY from_end ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS is_before FROM chain
), sums AS (
    SELECT u.*, coalesce(held.amount, 0) AS held, coalesce(held.released, 0) AS released, held.causes
    FROM unbroken u LEFT JOIN LATERAL (
        SELECT -sum(amount) FILTER (WHERE line_class = 'reserve_in') AS amount,
            sum(amount) FILTER (WHERE line_class = 'reserve_out') AS released,
            jsonb_agg(DISTINCT label_text) FILTER (WHERE line_class = 'reserve_in') AS causes
        FROM finance_settlementline line WHERE line.settlement_id = u.id AND line.scope = 'reserve'
            AND line.line_class IN ('reserve_in', 'reserve_out')) AS held ON true
    WHERE NOT u.is_before
), rolled AS (
    SELECT account_id, currency, chain, kind, count(*) AS statements,
        sum(held) FILTER (WHERE from_end > 1) - sum(released) FILTER (WHERE NOT is_first) AS excess,
        max(id) FILTER (WHERE from_end = 1) AS id, max(external_id) FILTER (WHERE from_end = 1) AS external_id,
        jsonb_agg(jsonb_build_object('statement', external_id, 'held', held::text, 'released', released::text,
            'causes', causes) ORDER BY period_start, id) AS roll
    FROM (SELECT sums.*, row_number() OVER (PARTITION BY account_id, currency, chain, kind ORDER BY from_end DESC) = 1
        AS is_first FROM sums) AS told GROUP BY 1, 2, 3, 4
)
SELECT account_id, concat_ws(':', 'reserve', kind, chain, currency), 'S3', id, NULL::bigint, NULL::bigint, '', excess,
    currency, jsonb_build_object('latest', external_id, 'roll_forward', roll)
FROM rolled WHERE statements > 1 AND excess >= 0.01
"""

PAYOUT_RETURNED = """
SELECT s.account_id, s.external_id, 'S1', s.id, NULL::bigint, NULL::bigint, '', s.total, s.currency,
    jsonb_build_object('payout', s.payout_state, 'reason', s.payout_reason, 'changed_at', s.payout_changed_at)
FROM finance_settlement s WHERE s.payout_state IN ('returned', 'failed')
"""

FX_DIFFERENCE = f"""
SELECT s.account_id, s.external_id,
    CASE WHEN cost.amount > (%(dear)s::jsonb ->> s.payout_currency)::numeric THEN 'S3' ELSE 'S4' END, s.id, NULL::bigint,
    NULL::bigint, '', cost.amount, s.payout_currency,
    jsonb_build_object('implied_rate', s.payout_rate::text, 'reference_rate', round(fx.rate, 6)::text,
        'reference_day', fx.day, 'reference_source', fx.source, 'statement_total', s.total::text)
FROM finance_settlement s
{rate_of("s.currency", "coalesce(s.deposit_on, s.period_end::date)", to="s.payout_currency")}
CROSS JOIN LATERAL (SELECT round(s.total * (fx.rate - s.payout_rate), 2) AS amount) AS cost
WHERE s.payout_rate IS NOT NULL AND s.payout_currency <> s.currency AND s.total IS NOT NULL
    AND abs(s.payout_rate / fx.rate - 1) > 0.025
"""  # noqa: S608 - constant text
