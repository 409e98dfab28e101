"""Charges of the whole account, spread over days and then over lines by a driver; as sets.

1. What one statement charges per class is divided equally over the days it covers, to the minor unit.
2. A day's charge of a class with a driver is divided over the lines of that day, account and currency by weight.
3. What has no driver or meets no line stays with the account. Nothing is lost: shares and what is kept back re-sum.
"""

from __future__ import annotations

from finance.profitability import CM1, CM2, CM3, NET_REVENUE, STEPS
from finance.spreading import ACCOUNT_STEP, DRIVERS, Driver

SHARED_STEPS = tuple(dict.fromkeys(ACCOUNT_STEP[line_class] for line_class in DRIVERS))

GIVEN = {
    "charge_classes": [str(line_class) for line_class in ACCOUNT_STEP],
    "charge_steps": list(ACCOUNT_STEP.values()),
    "charge_drivers": [DRIVERS.get(line_class, "") for line_class in ACCOUNT_STEP],
}

SPANS = """
CREATE TEMPORARY TABLE spans ON COMMIT DROP AS
SELECT s.id, s.currency, s.line_count, span.since, greatest(span.since, span.until) AS until
FROM finance_settlement s
CROSS JOIN LATERAL (SELECT
    (coalesce(s.period_start, s.period_end, s.changed_at, s.imported_at) AT TIME ZONE 'UTC')::date AS since,
    ((coalesce(s.period_end, s.period_start, s.changed_at, s.imported_at) - interval '1 microsecond')
        AT TIME ZONE 'UTC')::date AS until) AS span
WHERE s.account_id = %(account)s
    AND EXISTS (SELECT FROM unnest(%(days)s::date[]) AS asked(day) WHERE asked.day BETWEEN span.since AND span.until)
"""
CHARGED = """
CREATE TEMPORARY TABLE charged ON COMMIT DROP AS
WITH sums AS (
    SELECT spans.since, spans.until - spans.since + 1 AS length, spans.until, line.currency, line.line_class,
        sum(line.amount) AS amount
    FROM spans JOIN finance_settlementline line ON line.settlement_id = spans.id AND line.scope IN ('account', 'shipment')
    WHERE line.line_class = ANY(%(charge_classes)s)
    GROUP BY spans.id, spans.since, spans.until, line.currency, line.line_class
), counted AS (
    SELECT sums.*, 10::numeric ^ -({digits}) AS unit, div(abs(amount), 10::numeric ^ -({digits})) AS pieces FROM sums
)
SELECT asked.day, c.currency, c.line_class, c.unit, kind.step, kind.driver,
    sum(sign(c.amount) * ((div(c.pieces, c.length) + (asked.day - c.since < mod(c.pieces, c.length))::int) * c.unit
        + CASE WHEN asked.day = c.since THEN abs(c.amount) - c.pieces * c.unit ELSE 0 END)) AS amount
FROM counted c
JOIN unnest(%(days)s::date[]) AS asked(day) ON asked.day BETWEEN c.since AND c.until
JOIN unnest(%(charge_classes)s::text[], %(charge_steps)s::text[], %(charge_drivers)s::text[])
    AS kind(line_class, step, driver) ON kind.line_class = c.line_class
GROUP BY 1, 2, 3, 4, 5, 6
"""
ALLOTTED = f"""
CREATE TEMPORARY TABLE allotted ON COMMIT DROP AS
WITH weighed AS (
    SELECT c.*, m.id, greatest(coalesce(CASE c.driver
            WHEN '{Driver.NET_REVENUE}' THEN trunc(({" + ".join(f"m.{name}" for name in NET_REVENUE)}) * 10000)
            WHEN '{Driver.UNITS}' THEN m.units END, 0), 0)::numeric AS weight
    FROM charged c JOIN measured m ON m.day = c.day AND m.currency = c.currency WHERE c.driver <> ''
), heavy AS (
    SELECT weighed.*, div(abs(amount), unit) AS pieces, sum(weight) OVER (PARTITION BY day, currency, line_class) AS total
    FROM weighed WHERE weight > 0
), divided AS (
    SELECT heavy.*, div(pieces * weight, total) AS whole, mod(pieces * weight, total) AS rest FROM heavy
)
SELECT id, day, currency, line_class, step, sign(amount) * unit * (whole + (
    row_number() OVER (PARTITION BY day, currency, line_class ORDER BY rest DESC, id)
        <= pieces - sum(whole) OVER (PARTITION BY day, currency, line_class))::int) AS amount
FROM divided
"""  # noqa: S608 - names of columns, no values
_MEASURES = (
    "id", "account_id", "channel", "sku_id", "day", "currency", "units", "units_returned", "cost_id", "rate", "rate_on",
    "source", "is_settled", "vat_source", "is_other", "has_no_cost", "cost_reason",
)  # fmt: skip
SHARED = f"""
CREATE TEMPORARY TABLE shared ON COMMIT DROP AS
SELECT {", ".join(f"m.{name}" for name in (*_MEASURES, *(s for s in STEPS if s not in SHARED_STEPS)))},
    {", ".join(f"m.{name} + coalesce(mine.{name}, 0) AS {name}" for name in SHARED_STEPS)},
    EXISTS (SELECT FROM spans WHERE spans.currency = m.currency AND spans.line_count > 0
        AND m.day BETWEEN spans.since AND spans.until) AS is_closed
FROM measured m LEFT JOIN (
    SELECT id, {", ".join(f"sum(amount) FILTER (WHERE step = '{name}') AS {name}" for name in SHARED_STEPS)}
    FROM allotted GROUP BY id) AS mine ON mine.id = m.id
"""  # noqa: S608 - names of columns, no values
ACCOUNT_DAYS = f"""
INSERT INTO finance_profitday (account_id, channel, day, sku_id, currency, is_account_level, lines, units, units_returned,
    {", ".join(STEPS)}, net_revenue, cm1, cm2, cm3, revenue_costed, revenue_settled, revenue_mapped, revenue_charged,
    revenue_known)
SELECT %(account)s, '', kept.day, NULL, kept.currency, true, 0, 0, 0, {", ".join(STEPS)},
    0, 0, {" + ".join(CM2[len(CM1) :])}, {" + ".join(CM3[len(CM1) :])}, 0, 0, 0, 0, 0
FROM (
    SELECT rest.day, rest.currency,
        {", ".join(f"coalesce(sum(rest.amount) FILTER (WHERE rest.step = '{name}'), 0) AS {name}" for name in STEPS)}
    FROM (SELECT day, currency, step, amount FROM charged
          UNION ALL SELECT day, currency, step, -amount FROM allotted) AS rest
    GROUP BY 1, 2
    HAVING bool_or(rest.amount <> 0)
) AS kept WHERE {" OR ".join(f"{name} <> 0" for name in STEPS)}
"""  # noqa: S608 - names of columns, no values

TABLES = ("spans", "charged", "allotted", "shared")
