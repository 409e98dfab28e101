"""Conversion inside set-based SQL, by the same rule as `convert.Rates`; a missing rate is NULL, never one.

In a statement of a client's schema, join the rate to each row and convert:

    f"SELECT line.id, {converted('line.amount')} AS amount, fx.rate, fx.day, fx.source "
    f"FROM finance_settlementline line {rate_of('line.currency', 'line.posted_on', to='%(to)s')}"

`fx.day` is the bank day used (the older of two), up to seven days before the day asked for; `fx.source` who told it.
All of `fx` is NULL without a rate: leave such rows out of sums by name, and show them. Where many lines share few days,
find each rate once and join on currency and day; that is ten times as fast:

    f"WITH fx AS MATERIALIZED ({rates_for('SELECT currency, day FROM line', to='%(to)s')}) "
    f"SELECT {converted('line.amount')} FROM line "
    "LEFT JOIN fx ON fx.currency = line.currency AND fx.wanted_on = line.day"
"""

from __future__ import annotations

from finance.fx.convert import CARRIED_FORWARD


def rate_of(currency: str, day: str, *, to: str, known_at: str = "", alias: str = "fx") -> str:
    """A lateral join that gives each row `rate`, `day`, `source` and the two sides `target` and `origin` per EUR.

    All arguments are SQL: qualified columns, or placeholders such as `%(to)s`. With `known_at`, only what was known then.
    """
    here, there = _side(currency, day, known_at), _side(to, day, known_at)
    return f"""
    LEFT JOIN LATERAL (
        SELECT 1::numeric AS target, 1::numeric AS origin, 1::numeric AS rate, ({day})::date AS day,
               'identity' AS source
        WHERE {currency} = {to}
        UNION ALL
        SELECT there.per_eur, here.per_eur, there.per_eur / here.per_eur, least(here.day, there.day), CASE
            WHEN here.source = there.source OR there.source = 'identity' THEN here.source
            WHEN here.source = 'identity' THEN there.source
            ELSE least(here.source COLLATE "C", there.source) || '+' || greatest(here.source COLLATE "C", there.source)
        END
        FROM ({here}) AS here CROSS JOIN ({there}) AS there WHERE {currency} <> {to}
    ) AS {alias} ON TRUE"""  # noqa: S608 - fragments of statements, no values


def converted(amount: str, alias: str = "fx") -> str:
    """The amount in the target currency, unrounded; NULL without a rate."""
    return f"({amount} * {alias}.target / {alias}.origin)"


def rates_for(pairs: str, *, to: str, known_at: str = "") -> str:
    """A query with one row per currency and day that `pairs` (a query with these two columns) has, and the rate.

    Columns: `currency`, `wanted_on`, then those of `rate_of`.
    """
    return f"""
    SELECT wanted.currency, wanted.day AS wanted_on, fx.target, fx.origin, fx.rate, fx.day, fx.source
    FROM (SELECT DISTINCT pair.currency, pair.day FROM ({pairs}) AS pair) AS wanted
    {rate_of("wanted.currency", "wanted.day", to=to, known_at=known_at)}"""  # noqa: S608 - as above


def _side(currency: str, day: str, known_at: str) -> str:
    """Units per EUR valid on a day. The scale is wide, so that a quotient is exact far beyond what is stored."""
    known = f"AND bank.known_at <= {known_at}" if known_at else ""
    return f"""
        SELECT 1::numeric(38, 20) AS per_eur, ({day})::date AS day, 'identity' AS source WHERE {currency} = 'EUR'
        UNION ALL
        (SELECT bank.per_eur::numeric(38, 20), bank.day, bank.source FROM public.fx_rate bank
         WHERE bank.currency = {currency} AND {currency} <> 'EUR' {known}
           AND bank.day BETWEEN ({day})::date - {CARRIED_FORWARD.days} AND ({day})::date
         ORDER BY bank.day DESC, bank.known_at DESC LIMIT 1)"""  # noqa: S608 - as above
