"""The statements of `journals` as sets: what is due per month, account and order, less what locked months hold."""

BOOKABLE = """
SELECT s.id, s.account_id, s.external_id, s.currency, s.total, s.period_end, s.imported_at, count(line.id),
    coalesce(sum(line.amount), 0), count(line.id) FILTER (WHERE line.currency <> s.currency)
FROM finance_settlement s LEFT JOIN finance_settlementline line ON line.settlement_id = s.id
WHERE s.id = ANY(%(ids)s) GROUP BY s.id ORDER BY s.id
"""

DUE = """
CREATE TEMPORARY TABLE due ON COMMIT DROP AS
WITH fresh AS (
    SELECT line.settlement_id,
        date_trunc('month', coalesce(line.posted_at, s.period_end, s.imported_at) AT TIME ZONE given.zone)::date AS origin,
        line.line_class, line.order_ref, coalesce(placed.tax_class, '') AS tax_class,
        coalesce(placed.country, '') AS country, -round(sum(line.amount), given.digits) AS amount
    FROM unnest(%(ids)s::bigint[], %(zones)s::text[], %(digits)s::int[]) AS given(id, zone, digits)
    JOIN finance_settlement s ON s.id = given.id
    JOIN finance_settlementline line ON line.settlement_id = s.id
    LEFT JOIN LATERAL (
        SELECT o.ship_to_country AS country, CASE
            WHEN o.ship_to_country = '' OR %(home)s = '' THEN ''
            WHEN o.ship_to_country = %(home)s THEN 'domestic'
            WHEN o.ship_to_country = ANY(%(union)s) AND %(home)s = ANY(%(union)s)
                THEN CASE WHEN o.is_business THEN 'eu_business' ELSE 'eu' END
            ELSE 'export' END AS tax_class
        FROM inventory_order o WHERE o.account_id = line.account_id AND o.external_id = line.order_ref
            AND line.order_ref <> '' AND line.line_class = ANY(%(taxed)s)
    ) AS placed ON true
    GROUP BY 1, 2, 3, 4, 5, 6, given.digits
), held AS (
    SELECT j.settlement_id, coalesce(line.late_for, j.month) AS origin, line.line_class, line.order_ref,
        line.tax_class, line.country, -line.amount
    FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
    WHERE j.settlement_id = ANY(%(ids)s) AND j.is_locked AND NOT line.is_contra
)
SELECT settlement_id, origin, NULL::date AS month, line_class, order_ref, tax_class, country, sum(amount) AS amount
FROM (SELECT * FROM fresh UNION ALL SELECT * FROM held) AS both_sides
GROUP BY 1, 2, 4, 5, 6, 7 HAVING sum(amount) <> 0
"""

ORIGINS = """
SELECT DISTINCT s.account_id, due.origin FROM due JOIN finance_settlement s ON s.id = due.settlement_id
"""

PLACE = """
UPDATE due SET month = given.month
FROM unnest(%(accounts)s::bigint[], %(origins)s::date[], %(months)s::date[]) AS given(account_id, origin, month),
    finance_settlement s
WHERE s.id = due.settlement_id AND (s.account_id, due.origin) = (given.account_id, given.origin)
"""

WANTED = """
SELECT DISTINCT s.account_id, s.currency, due.line_class, due.tax_class, due.country, due.settlement_id
FROM due JOIN finance_settlement s ON s.id = due.settlement_id
"""

SUMS = "SELECT settlement_id, month, sum(amount), count(*) FROM due GROUP BY 1, 2 ORDER BY 1, 2"

HELD = """
SELECT j.settlement_id, line.purpose, sum(line.amount) FROM finance_journal j
JOIN finance_journalline line ON line.journal_id = j.id
WHERE j.settlement_id = ANY(%(ids)s) AND j.is_locked AND line.is_contra GROUP BY 1, 2
"""

LATE = """
SELECT s.account_id, s.external_id, due.origin, due.month, -sum(due.amount), s.currency,
    EXISTS (SELECT FROM finance_journal j WHERE j.settlement_id = s.id AND j.is_locked AND j.month = due.origin)
FROM due JOIN finance_settlement s ON s.id = due.settlement_id
WHERE due.month <> due.origin GROUP BY s.id, due.origin, due.month ORDER BY s.id, due.origin
"""

FORGET = (
    "DELETE FROM finance_journalline line USING finance_journal j WHERE j.id = line.journal_id"
    " AND j.settlement_id = ANY(%(ids)s) AND j.kind = 'statement' AND NOT j.is_locked",
    "DELETE FROM finance_journal j WHERE j.settlement_id = ANY(%(ids)s) AND j.kind = 'statement' AND NOT j.is_locked"
    " AND NOT EXISTS (SELECT FROM due WHERE (due.settlement_id, due.month) = (j.settlement_id, j.month))",
)

OPEN_ENTRIES = """
INSERT INTO finance_journal AS j (account_id, month, kind, settlement_id, deposit_id, number, currency, booked_on, text,
    debit, is_locked, built_at)
SELECT account_id, month, 'statement', settlement_id, NULL, number, currency, booked_on, text, 0, false, %(now)s
FROM unnest(%(accounts)s::bigint[], %(months)s::date[], %(ids)s::bigint[], %(numbers)s::text[], %(currencies)s::text[],
    %(days)s::date[], %(texts)s::text[]) AS given(account_id, month, settlement_id, number, currency, booked_on, text)
ON CONFLICT (settlement_id, month) WHERE kind = 'statement' DO UPDATE SET number = excluded.number,
    currency = excluded.currency, booked_on = excluded.booked_on, text = excluded.text, built_at = excluded.built_at
"""

POST = """
INSERT INTO finance_journalline (journal_id, row_no, purpose, line_class, code, name, tax_key, tax_rate, amount,
    order_ref, tax_class, country, late_for, is_contra)
SELECT j.id, row_number() OVER (PARTITION BY j.id ORDER BY x.is_contra, x.order_ref COLLATE "C", x.purpose COLLATE "C",
        x.line_class COLLATE "C", x.tax_class COLLATE "C", x.country COLLATE "C", x.late_for NULLS FIRST),
    x.purpose, x.line_class, x.code, x.name, x.tax_key, x.tax_rate, x.amount, x.order_ref, x.tax_class, x.country,
    x.late_for, x.is_contra
FROM (
    SELECT due.settlement_id, due.month, key.purpose, due.line_class, key.code, key.name, key.tax_key, key.tax_rate,
        due.amount, due.order_ref, due.tax_class, due.country,
        CASE WHEN due.month <> due.origin THEN due.origin END AS late_for, false AS is_contra
    FROM due JOIN finance_settlement s ON s.id = due.settlement_id
    JOIN unnest(%(k_accounts)s::bigint[], %(k_currencies)s::text[], %(k_classes)s::text[], %(k_tax_classes)s::text[],
        %(k_countries)s::text[], %(k_purposes)s::text[], %(k_codes)s::text[], %(k_names)s::text[], %(k_keys)s::text[],
        %(k_rates)s::text[]) AS key(account_id, currency, line_class, tax_class, country, purpose, code, name, tax_key,
        tax_rate)
        ON (key.account_id, key.currency, key.line_class, key.tax_class, key.country)
            = (s.account_id, s.currency, due.line_class, due.tax_class, due.country)
    UNION ALL
    SELECT c.settlement_id, c.month, c.purpose, '', c.code, c.name, '', c.tax_rate, c.amount, '', '', '', NULL, true
    FROM unnest(%(c_ids)s::bigint[], %(c_months)s::date[], %(c_purposes)s::text[], %(c_codes)s::text[],
        %(c_names)s::text[], %(c_rates)s::text[], %(c_amounts)s::numeric[])
        AS c(settlement_id, month, purpose, code, name, tax_rate, amount)
) AS x
JOIN finance_journal j ON (j.settlement_id, j.month) = (x.settlement_id, x.month) AND j.kind = 'statement'
WHERE NOT j.is_locked
"""

SUM_DEBITS = """
UPDATE finance_journal j SET debit = told.debit FROM (
    SELECT line.journal_id, sum(line.amount) FILTER (WHERE line.amount > 0) AS debit FROM finance_journalline line
    JOIN finance_journal mine ON mine.id = line.journal_id AND NOT mine.is_locked
    WHERE mine.settlement_id = ANY(%(ids)s) OR mine.deposit_id = ANY(%(deposits)s) GROUP BY 1
) AS told WHERE told.journal_id = j.id AND j.debit IS DISTINCT FROM coalesce(told.debit, 0)
"""

BALANCES = """
SELECT s.id, s.total, s.currency,
    (SELECT sum(line.amount) FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
        WHERE j.settlement_id = s.id AND line.is_contra AND line.purpose = 'clearing') AS cleared,
    (SELECT sum(line.amount) FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
        WHERE j.settlement_id = s.id AND NOT line.is_contra) AS parts,
    (SELECT sum(line.amount) FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
        WHERE j.settlement_id = s.id AND line.is_contra AND line.purpose = 'rounding') AS rounding,
    (SELECT coalesce(sum(line.amount), max(CASE WHEN d.returned_on IS NOT NULL THEN 0 END)) FROM finance_deposit d
        LEFT JOIN finance_journal j ON j.deposit_id = d.id
        LEFT JOIN finance_journalline line ON line.journal_id = j.id AND line.purpose = 'clearing'
        WHERE d.settlement_id = s.id) AS paid,
    (SELECT min(later.external_id) FROM finance_settlement later JOIN finance_settlementline line
        ON line.settlement_id = later.id AND line.line_class = 'carryover' AND line.amount = s.total
        WHERE (later.account_id, later.currency) = (s.account_id, s.currency) AND later.period_end > s.period_end) AS next
FROM finance_settlement s WHERE s.id = ANY(%(ids)s) ORDER BY s.id
"""

WAITING = """
SELECT s.id FROM finance_settlement s LEFT JOIN finance_identitycheck told ON told.settlement_id = s.id AND told.number = 8
WHERE s.checked_at IS NOT NULL AND (told.as_of IS NULL OR told.as_of < s.checked_at OR EXISTS (
    SELECT FROM finance_deposit d WHERE d.settlement_id = s.id
        AND NOT EXISTS (SELECT FROM finance_journal j WHERE j.deposit_id = d.id)))
ORDER BY s.id
"""
