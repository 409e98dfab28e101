"""Expected fees as sets, inside the database: by the rule of `finance.fees`, which a property test compares with this.

1. `asked`: the order lines as `tariffs.Sale` sees them. 2. `picked`: per place (account, channel, programme, category,
day, currency) and class, the version of the schedule that holds. 3. `tiered`: the row of the line's price and weight.
4. `told`: of schedule, estimate and quote, who counts. 5. Amounts, shares of other fees last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django.db import connection

from config.core.money import odd_minor_units
from finance.fees import QUOTE_DAYS, QUOTE_PRICE_GAP, QUOTE_TOLERANCE, SALE_FEES, TOLERANCE
from finance.tariffs import Sale


def digits(currency: str) -> str:
    """How many digits the currency (SQL) has after the point."""
    odd = "".join(f" WHEN '{code}' THEN {-int(u.as_tuple().exponent)}" for code, u in odd_minor_units().items())
    return f"CASE {currency}{odd} ELSE 2 END"


ASKED = f"""
SELECT line.id AS order_line_id, line.account_id, account.marketplace, o.channel, o.fulfilment AS programme,
    lower(coalesce(nullif(placed.fee_category, ''), product.category, '')) AS category, o.business_on AS day,
    line.currency, left_us.units, line.order_id, line.id AS line_id, sides.longest_mm, sides.middle_mm, sides.shortest_mm,
    (SELECT vat.rate FROM finance_feevat vat WHERE vat.account_id = line.account_id AND vat.channel IN ('', o.channel)
        AND vat.valid_from <= o.business_on ORDER BY vat.channel DESC, vat.valid_from DESC, vat.id DESC LIMIT 1) AS fee_vat,
    worth.item, worth.item + coalesce(line.shipping, 0) + coalesce(line.gift_wrap, 0)
        - coalesce(line.shipping_discount, 0) AS paid, line.tax, coalesce(apart.it, false) AS is_tax_apart,
    sku.weight_g, line.remote_id, {digits("line.currency")} AS digits,
    round(-line.expected_fee * left_us.units / line.quantity, {digits("line.currency")}) AS estimate
FROM inventory_orderline line
JOIN inventory_order o ON o.id = line.order_id
JOIN marketplaces_account account ON account.id = line.account_id
LEFT JOIN catalog_sku sku ON sku.id = line.sku_id
LEFT JOIN LATERAL (
    SELECT greatest(s.a, s.b, s.c) AS longest_mm, s.a + s.b + s.c - greatest(s.a, s.b, s.c) - least(s.a, s.b, s.c) AS middle_mm,
        least(s.a, s.b, s.c) AS shortest_mm
    FROM (SELECT sku.length_mm AS a, sku.width_mm AS b, sku.height_mm AS c) AS s WHERE s.a + s.b + s.c IS NOT NULL
) AS sides ON true
LEFT JOIN catalog_product product ON product.id = sku.product_id
LEFT JOIN catalog_placement placed ON placed.sku_id = line.sku_id AND placed.marketplace = account.marketplace
CROSS JOIN LATERAL (SELECT line.quantity - line.quantity_cancelled AS units) AS left_us
CROSS JOIN LATERAL (SELECT CASE WHEN line.item_total IS NOT NULL THEN greatest(0,
    round(line.item_total * left_us.units / line.quantity, 4) - coalesce(line.discount, 0)) END AS item) AS worth
LEFT JOIN LATERAL (
    SELECT abs(o.total - sum(parts.shown) - sum(parts.tax)) < abs(o.total - sum(parts.shown)) AS it
    FROM inventory_orderline other CROSS JOIN LATERAL (SELECT coalesce(other.tax, 0) AS tax, other.item_total
        + coalesce(other.shipping, 0) + coalesce(other.gift_wrap, 0) - coalesce(other.discount, 0)
        - coalesce(other.shipping_discount, 0) AS shown) AS parts
    WHERE other.order_id = line.order_id
) AS apart ON line.tax <> 0
WHERE left_us.units > 0 AND {{which}}
"""  # noqa: S608 - fragments of one statement, no values
"""Order lines as their fees see them: the category is what the active mapping says, else ours. `which` chooses among
`line` and `o`; amounts are those of `tariffs.Sale`."""

PICKED = """
asked AS MATERIALIZED ({asked}), rules AS MATERIALIZED (
    SELECT rule.*, min(rule.id) OVER (PARTITION BY rule.account_id, rule.marketplace, rule.channel, rule.category,
        rule.programme, rule.line_class, rule.currency, rule.valid_from) AS version
    FROM finance_feerule rule WHERE rule.withdrawn_at IS NULL AND rule.line_class = ANY(%(classes)s)
), versions AS (
    SELECT version, account_id, marketplace, channel, category, programme, line_class, currency, valid_from,
        bool_or(is_end) AS is_end, bool_or(coalesce(weight_from_g, weight_below_g) IS NOT NULL) AS has_weight,
        bool_or(coalesce(longest_mm, middle_mm, shortest_mm, volume_divisor) IS NOT NULL) AS has_size,
        bool_or(basis IN ('item', 'paid') AND NOT basis_includes_vat) AS needs_net
    FROM rules GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
), places AS (
    SELECT DISTINCT account_id, marketplace, channel, programme, category, day, currency FROM asked
), valid AS (
    SELECT DISTINCT ON (place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
            version.line_class, version.account_id, version.channel, version.category, version.programme,
            version.currency)
        place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        version.version, version.line_class, version.is_end, version.has_weight,
        version.has_size, version.needs_net,
        version.account_id IS NOT NULL AS is_own, version.channel <> '' AS of_channel,
        version.category <> '' AS of_category, version.programme <> '' AS of_programme,
        version.currency <> '' AS of_currency,
        CASE WHEN version.category NOT IN ('', place.category) THEN 'no_category'
            WHEN version.programme NOT IN ('', place.programme) THEN 'no_programme' ELSE '' END AS lacks
    FROM places place JOIN versions version ON version.valid_from <= place.day
        AND (version.account_id = place.account_id
            OR (version.account_id IS NULL AND version.marketplace = place.marketplace))
        AND version.channel IN ('', place.channel) AND version.currency IN ('', place.currency)
        AND (version.programme IN ('', place.programme) OR place.programme = 'unknown')
    ORDER BY place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        version.line_class, version.account_id, version.channel, version.category, version.programme,
        version.currency, version.valid_from DESC
), closed AS (
    SELECT DISTINCT ON (place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
            rule.channel, rule.category, rule.programme, rule.currency) place.*, rule.is_end
    FROM places place JOIN finance_feerule rule ON rule.account_id = place.account_id AND rule.line_class = ''
        AND rule.withdrawn_at IS NULL AND rule.valid_from <= place.day AND rule.channel IN ('', place.channel)
        AND rule.category IN ('', place.category) AND rule.programme IN ('', place.programme)
        AND rule.currency IN ('', place.currency)
    ORDER BY place.account_id, place.channel, place.programme, place.category, place.day, place.currency,
        rule.channel, rule.category, rule.programme, rule.currency, rule.valid_from DESC
), picked AS MATERIALIZED (
    SELECT DISTINCT ON (account_id, channel, programme, category, day, currency, line_class) * FROM valid
    WHERE NOT is_end AND (is_own OR NOT EXISTS (SELECT FROM closed WHERE NOT closed.is_end
        AND (closed.account_id, closed.channel, closed.programme, closed.category, closed.day, closed.currency)
            = (valid.account_id, valid.channel, valid.programme, valid.category, valid.day, valid.currency)))
    ORDER BY account_id, channel, programme, category, day, currency, line_class,
        array_position(ARRAY['', 'no_programme', 'no_category'], lacks), is_own DESC, of_channel DESC,
        of_category DESC, of_programme DESC, of_currency DESC
)
"""
"""Common table expressions up to `picked`; they need the parameter `classes`."""

_SIZE = """
SELECT CASE WHEN rule.basis NOT IN ('item', 'paid') OR a.item IS NULL OR a.paid = 0
    THEN CASE WHEN rule.basis = 'paid' THEN a.paid ELSE a.item END
    ELSE round(CASE rule.basis WHEN 'paid' THEN a.paid ELSE a.item END * CASE
        WHEN rule.basis_includes_vat THEN CASE WHEN a.is_tax_apart THEN a.paid + coalesce(a.tax, 0) ELSE a.paid END
        WHEN a.is_tax_apart THEN a.paid ELSE a.paid - a.tax END / a.paid, 4) END AS size
"""
_WEIGHT = """
CASE WHEN rule.volume_divisor IS NULL OR a.weight_g IS NULL THEN a.weight_g::bigint WHEN a.longest_mm IS NOT NULL
    THEN greatest(a.weight_g::bigint, a.longest_mm::bigint * a.middle_mm * a.shortest_mm / rule.volume_divisor) END
"""
_WEIGHS = f"""
(rule.weight_from_g IS NULL AND rule.weight_below_g IS NULL
    OR coalesce({_WEIGHT} >= coalesce(rule.weight_from_g, 0)
        AND (rule.weight_below_g IS NULL OR {_WEIGHT} < rule.weight_below_g), false))
"""
_SIDES = "rule.longest_mm, rule.middle_mm, rule.shortest_mm"
_MEASURES = f"""
(coalesce({_SIDES}) IS NULL OR coalesce(a.longest_mm <= coalesce(rule.longest_mm, a.longest_mm)
    AND a.middle_mm <= coalesce(rule.middle_mm, a.middle_mm)
    AND a.shortest_mm <= coalesce(rule.shortest_mm, a.shortest_mm), false))
"""
_FITS = f"""
({_MEASURES} AND {_WEIGHS} AND (rule.price_from IS NULL AND rule.price_below IS NULL
    OR coalesce(base.size >= coalesce(rule.price_from, 0) * a.units
        AND (rule.price_below IS NULL OR base.size < rule.price_below * a.units), false)))
"""
_WORTH = """
SELECT CASE WHEN rule.vat <> 'on_top' THEN net.fee ELSE {on_top} END AS amount
FROM (SELECT {raw} AS raw) AS fee CROSS JOIN LATERAL (SELECT {net} AS fee) AS net
"""


def _rounded(amount: str) -> str:
    """`amount` to the minor unit by the rule's rounding; half to even differs from half up on even halves alone."""
    scaled = f"(({amount}) * 10::numeric ^ a.digits)"
    return f"""CASE rule.rounding WHEN 'down' THEN trunc({amount}, a.digits)
        WHEN 'half_even' THEN CASE WHEN {scaled} - trunc({scaled}) = 0.5 AND trunc({scaled}) % 2 = 0
            THEN trunc({amount}, a.digits) ELSE round({amount}, a.digits) END
        ELSE round({amount}, a.digits) END""".replace("%", "%%")


_WORTH_OF_LINE = """
CASE WHEN {line}.item_total IS NULL THEN NULL WHEN {line}.quantity_cancelled = {line}.quantity THEN 0
    ELSE greatest({line}.item_total - coalesce({line}.discount, 0), 0) END
"""
_OF_ORDER = f"""
CASE WHEN rule.per_order = 0 THEN 0 ELSE (
    SELECT CASE WHEN bool_or(cut.worth IS NULL) THEN NULL ELSE sum(cut.mine) FILTER (WHERE cut.id = a.line_id) END
    FROM (SELECT part.id, part.worth, part.unit * (part.least + (row_number() OVER (ORDER BY part.rest DESC, part.id)
            <= part.pieces - sum(part.least) OVER ())::int) AS mine
        FROM (SELECT each.*, div(each.pieces * each.weight, each.base) AS least,
                mod(each.pieces * each.weight, each.base) AS rest
            FROM (SELECT told.id, told.worth, told.unit, rule.per_order / told.unit AS pieces,
                    CASE WHEN sum(told.worth) OVER () = 0 THEN 1 ELSE told.worth END AS weight,
                    CASE WHEN sum(told.worth) OVER () = 0 THEN count(*) OVER () ELSE sum(told.worth) OVER () END AS base
                FROM (SELECT other.id, {_WORTH_OF_LINE.format(line="other")} AS worth,
                        CASE WHEN mod(rule.per_order, 10::numeric ^ -a.digits) = 0 THEN 10::numeric ^ -a.digits
                            ELSE 0.0001 END AS unit
                    FROM inventory_orderline other WHERE other.order_id = a.order_id) AS told) AS each) AS part) AS cut
) END
"""  # noqa: S608 - fragments of one statement, no values
_VAT_RATE = "coalesce(rule.vat_rate, a.fee_vat)"


def charged(share: str, *, of_order: str = "0") -> str:
    """A lateral subquery with `amount`: `tariffs.charge` of a share; NULL where share, the order's part or VAT rate is."""
    pieces = "CASE WHEN rule.is_limit_per_piece THEN a.units ELSE 1 END"
    raw = f"{share} + rule.per_unit * a.units + rule.per_line + {of_order}"
    bounds = f"least(greatest({raw}, rule.minimum * {pieces}), rule.maximum * {pieces})"
    limited = f"CASE WHEN {share} IS NOT NULL AND {of_order} IS NOT NULL THEN {bounds} END"
    return _WORTH.format(raw=limited, net=_rounded("fee.raw"), on_top=_rounded(f"(net.fee * (1 + {_VAT_RATE}))"))


def of_fees(amount: str) -> str:
    """`tariffs.of_fees`: a share of other fees, without their VAT where VAT comes on top."""
    return f"(rule.rate * {amount} / CASE WHEN rule.vat = 'on_top' THEN 1 + {_VAT_RATE} ELSE 1 END)"


def _tolerance(amount: str, per_unit: str, rate: str) -> str:
    least = f"greatest({per_unit}, 10::numeric ^ -a.digits) * a.units"
    return f"round(greatest({least}, coalesce({amount}, 0) * {rate}), 4)"


_PORTIONS = f"""
SELECT sum(rule.rate * greatest(least(t.size, rule.price_below * a.units) - coalesce(rule.price_from, 0) * a.units, 0))
FROM rules rule WHERE rule.version = t.version AND {_WEIGHS}
    AND ({_SIDES}) IS NOT DISTINCT FROM (t.longest_mm, t.middle_mm, t.shortest_mm)
"""  # noqa: S608 - fragments of one statement, no values
_STEPS = f"""
WITH {{picked}}, tiered AS MATERIALIZED (
    SELECT DISTINCT ON (a.order_line_id, p.line_class) a.order_line_id, p.line_class, p.version, p.is_own, p.lacks,
        rule.id AS rule_id, rule.basis, {_SIDES}, base.size, fit.it AS fits,
        CASE WHEN p.lacks <> '' THEN p.lacks WHEN fit.it THEN ''
            WHEN a.weight_g IS NULL AND p.has_weight THEN 'no_weight'
            WHEN a.longest_mm IS NULL AND p.has_size THEN 'no_size' WHEN a.item IS NULL THEN 'no_price'
            WHEN p.needs_net AND a.tax IS NULL AND NOT a.is_tax_apart AND a.paid <> 0 THEN 'no_vat'
            ELSE 'no_tier' END AS reason
    FROM asked a JOIN picked p USING (account_id, channel, programme, category, day, currency)
    JOIN rules rule ON rule.version = p.version
    CROSS JOIN LATERAL ({_SIZE}) AS base CROSS JOIN LATERAL (SELECT {_FITS} AS it) AS fit
    ORDER BY a.order_line_id, p.line_class, fit.it DESC, {_SIDES}, rule.price_from DESC NULLS LAST,
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
        estimate AS amount, {_tolerance("estimate", *map(str, TOLERANCE))} AS tolerance
    FROM asked a WHERE estimate IS NOT NULL
    UNION ALL
    SELECT a.order_line_id, part.line_class, 2, 'quote', quoted.quote_id, part.amount * a.units,
        {_tolerance("part.amount * a.units", *map(str, QUOTE_TOLERANCE))}
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
        CASE WHEN t.reason = '' THEN {_tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")}
            ELSE {_tolerance("NULL::numeric", *map(str, TOLERANCE))} END,
        CASE WHEN t.reason <> '' THEN t.reason WHEN rule.basis <> 'nothing' AND t.size IS NULL
            THEN CASE WHEN a.item IS NULL THEN 'no_price' ELSE 'no_vat' END
            WHEN mine.it IS NULL THEN 'no_price' WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    CROSS JOIN LATERAL (SELECT CASE WHEN rule.basis = 'nothing' THEN 0
        WHEN rule.is_marginal AND t.size IS NOT NULL THEN ({_PORTIONS}) ELSE rule.rate * t.size END AS it) AS part
    CROSS JOIN LATERAL (SELECT {_OF_ORDER} AS it OFFSET 0) AS mine
    CROSS JOIN LATERAL ({charged("part.it", of_order="mine.it")}) AS worth
    WHERE t.reason <> '' OR t.basis NOT IN ('commission', 'fees')
), of_commission AS MATERIALIZED (
    SELECT t.order_line_id, t.line_class, t.source, t.rule_id, NULL::bigint AS quote_id, worth.amount,
        {_tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")} AS tolerance,
        CASE WHEN plain.amount IS NULL THEN 'no_commission' WHEN mine.it IS NULL THEN 'no_price'
            WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
            AS reason
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    LEFT JOIN plain ON plain.order_line_id = t.order_line_id AND plain.line_class = 'commission'
    CROSS JOIN LATERAL (SELECT {_OF_ORDER} AS it OFFSET 0) AS mine
    CROSS JOIN LATERAL ({charged(of_fees("plain.amount"), of_order="mine.it")}) AS worth
    WHERE t.reason = '' AND t.basis = 'commission'
), so_far AS (SELECT * FROM plain UNION ALL SELECT * FROM of_commission), sums AS (
    SELECT order_line_id, CASE WHEN count(*) = count(amount) THEN sum(amount) END AS amount FROM so_far GROUP BY 1
), fees AS (
    SELECT * FROM so_far
    UNION ALL
    SELECT t.order_line_id, t.line_class, t.source, t.rule_id, NULL, worth.amount,
        {_tolerance("worth.amount", "rule.tolerance", "rule.tolerance_rate")},
        CASE WHEN sums.amount IS NULL THEN 'no_fees' WHEN mine.it IS NULL THEN 'no_price'
            WHEN worth.amount IS NULL THEN 'no_fee_vat' ELSE '' END
    FROM ruled t JOIN asked a USING (order_line_id) JOIN rules rule ON rule.id = t.rule_id
    LEFT JOIN sums USING (order_line_id) CROSS JOIN LATERAL (SELECT {_OF_ORDER} AS it OFFSET 0) AS mine
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
_OF_LINES = "line.id = ANY(%(lines)s)"


def refresh(order_line_ids: Sequence[int]) -> list[int]:
    """Reckon the expected fees of these lines anew; returns the lines whose fees changed. The caller locks."""
    steps = _STEPS.format(picked=PICKED.format(asked=ASKED.format(which=_OF_LINES)))
    with connection.cursor() as cursor:
        cursor.execute(
            steps + _SAVE.format(which=_OF_LINES), {"classes": list(SALE_FEES), "lines": list(order_line_ids)}
        )
        return [pk for (pk,) in cursor.fetchall()]


_IN_ITS_ORDER = f"""
SELECT a.*, beside.worths, beside.place FROM ({{asked}}) AS a CROSS JOIN LATERAL (
    SELECT array_agg({_WORTH_OF_LINE.format(line="other")} ORDER BY other.id) AS worths,
        count(*) FILTER (WHERE other.id < a.line_id) AS place
    FROM inventory_orderline other WHERE other.order_id = a.order_id) AS beside
"""  # noqa: S608 - as above


def sales(order_line_ids: Sequence[int]) -> dict[int, Sale]:
    """These order lines as their fees see them; lines of which every unit was cancelled are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_ITS_ORDER.format(asked=ASKED.format(which=_OF_LINES)), {"lines": list(order_line_ids)})
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    wanted = {field.name for field in fields(Sale)} & set(names)
    return {
        row["order_line_id"]: Sale(
            **{name: row[name] for name in wanted} | {"worths": tuple(row["worths"])}, sides_mm=_sides(row)
        )
        for row in rows
    }


def _sides(row: dict[str, Any]) -> tuple[int, int, int] | None:
    longest, middle, shortest = (row[name] for name in ("longest_mm", "middle_mm", "shortest_mm"))
    return None if longest is None else (longest, middle, shortest)
