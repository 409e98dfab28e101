"""Statements that are not whole: lines missing, a deposit that differs, a period that nothing covers.

How long a period of a series usually is: by its own statements, where there are two; else as the account's setting
`statement_days` declares; else as the account's other series tell.
"""

INCONSISTENT = """
SELECT s.account_id, s.external_id, 'S2', s.id, NULL::bigint, NULL::bigint, '', told.expected - told.actual, s.currency,
    jsonb_build_object('total', told.expected::text, 'lines', told.actual::text, 'line_count', s.line_count)
FROM finance_settlement s JOIN finance_identitycheck told ON told.settlement_id = s.id AND told.number = 1
WHERE told.passed = false AND s.line_count > 0
"""

DEPOSIT_MISMATCH = """
SELECT s.account_id, s.external_id, 'S1', s.id, NULL::bigint, NULL::bigint, '', told.expected - told.actual,
    CASE WHEN s.payout_rate IS NULL THEN s.currency ELSE s.payout_currency END,
    jsonb_build_object('total', told.expected::text, 'deposit', told.actual::text)
FROM finance_settlement s JOIN finance_identitycheck told ON told.settlement_id = s.id AND told.number = 2
WHERE told.passed = false
"""

GAP = """
WITH chain AS (
    SELECT s.*, lag(external_id) OVER times AS former_id, max(period_end) OVER (
        PARTITION BY account_id, currency, chain, kind ORDER BY period_start, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS former_end, lead(id) OVER times IS NULL AS is_last
    FROM finance_settlement s WHERE period_start IS NOT NULL
    WINDOW times AS (PARTITION BY account_id, currency, chain, kind ORDER BY period_start, id)
), own AS (
    SELECT account_id, currency, chain, kind, percentile_disc(0.5) WITHIN GROUP (ORDER BY period_end - period_start)
        AS length FROM finance_settlement WHERE period_start IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
), habit AS (
    SELECT DISTINCT c.account_id, c.currency, c.chain, c.kind, coalesce(own.length, CASE WHEN a.settings ->> 'statement_days'
        ~ '^[1-9][0-9]{0,2}$' THEN (a.settings ->> 'statement_days')::int * interval '1 day' END, (SELECT max(o.length)
        FROM own o WHERE o.account_id = c.account_id AND o.kind = c.kind)) AS length
    FROM chain c JOIN marketplaces_account a ON a.id = c.account_id
    LEFT JOIN own ON (own.account_id, own.currency, own.chain, own.kind) = (c.account_id, c.currency, c.chain, c.kind)
), broken AS (
    SELECT account_id, currency, chain, kind, former_end AS since, period_start AS until, former_id, external_id
    FROM chain WHERE period_start - former_end > interval '1 hour'
    UNION ALL
    SELECT account_id, currency, chain, kind, covered.until, covered.until + length, external_id, NULL
    FROM chain JOIN habit USING (account_id, currency, chain, kind)
    CROSS JOIN LATERAL (SELECT greatest(period_end, former_end) AS until) AS covered
    WHERE is_last AND kind <> 'advertising' AND covered.until + length + %(late_after)s < %(now)s
)
SELECT account_id, concat_ws(':', kind, chain, currency, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI')),
    'S2', NULL::bigint, NULL::bigint, NULL::bigint, '', NULL::numeric, currency,
    jsonb_build_object('since', since, 'until', until, 'channel', chain, 'kind', kind, 'former', former_id,
        'next', external_id, 'amount_unknown', 'the statement has not been seen')
FROM broken
"""
