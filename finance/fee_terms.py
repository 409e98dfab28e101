"""What a row of a schedule comes to for an order line, in SQL: `tariffs.tier` and `fee_amounts.charge` as fragments.

They read a line `a` (of `fee_sales.ASKED`), a row `rule`, and `base.size`, what its tiers measure.
"""

from __future__ import annotations

from finance.fee_sales import WORTH_OF_LINE

SIZE = """
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
SIDES = "rule.longest_mm, rule.middle_mm, rule.shortest_mm"
MEASURES = f"""
(coalesce({SIDES}) IS NULL OR coalesce(a.longest_mm <= coalesce(rule.longest_mm, a.longest_mm)
    AND a.middle_mm <= coalesce(rule.middle_mm, a.middle_mm)
    AND a.shortest_mm <= coalesce(rule.shortest_mm, a.shortest_mm), false))
"""
FITS = f"""
({MEASURES} AND {_WEIGHS} AND (rule.price_from IS NULL AND rule.price_below IS NULL
    OR coalesce(base.size >= coalesce(rule.price_from, 0) * a.units
        AND (rule.price_below IS NULL OR base.size < rule.price_below * a.units), false)))
"""
_WORTH = """
SELECT CASE WHEN rule.vat <> 'on_top' THEN net.fee ELSE {on_top} END AS amount
FROM (SELECT {raw} AS raw OFFSET 0) AS fee CROSS JOIN LATERAL (SELECT {net} AS fee OFFSET 0) AS net OFFSET 0
"""
"""`OFFSET 0` keeps each step apart; without it, the planner writes a step out wherever the next ones name it."""


def _rounded(amount: str) -> str:
    """`amount` to the minor unit by the rule's rounding; half to even differs from half up on even halves alone."""
    scaled = f"(({amount}) * 10::numeric ^ a.digits)"
    return f"""CASE rule.rounding WHEN 'down' THEN trunc({amount}, a.digits)
        WHEN 'half_even' THEN CASE WHEN {scaled} - trunc({scaled}) = 0.5 AND trunc({scaled}) % 2 = 0
            THEN trunc({amount}, a.digits) ELSE round({amount}, a.digits) END
        ELSE round({amount}, a.digits) END""".replace("%", "%%")


OF_ORDER = f"""
CASE WHEN rule.per_order = 0 THEN 0 ELSE (
    SELECT CASE WHEN bool_or(cut.worth IS NULL) THEN NULL ELSE sum(cut.mine) FILTER (WHERE cut.id = a.line_id) END
    FROM (SELECT part.id, part.worth, part.unit * (part.least + (row_number() OVER (ORDER BY part.rest DESC, part.id)
            <= part.pieces - sum(part.least) OVER ())::int) AS mine
        FROM (SELECT each.*, div(each.pieces * each.weight, each.base) AS least,
                mod(each.pieces * each.weight, each.base) AS rest
            FROM (SELECT told.id, told.worth, told.unit, rule.per_order / told.unit AS pieces,
                    CASE WHEN sum(told.worth) OVER () = 0 THEN 1 ELSE told.worth END AS weight,
                    CASE WHEN sum(told.worth) OVER () = 0 THEN count(*) OVER () ELSE sum(told.worth) OVER () END AS base
                FROM (SELECT other.id, {WORTH_OF_LINE.format(line="other")} AS worth,
                        CASE WHEN mod(rule.per_order, 10::numeric ^ -a.digits) = 0 THEN 10::numeric ^ -a.digits
                            ELSE 0.0001 END AS unit
                    FROM inventory_orderline other WHERE other.order_id = a.order_id) AS told) AS each) AS part) AS cut
) END
"""  # noqa: S608 - fragments of one statement, no values
_VAT_RATE = """
coalesce(rule.vat_rate, (a.fee_vats ->> rule.line_class)::numeric, (a.fee_vats ->> '')::numeric)
"""


def charged(share: str, *, of_order: str = "0") -> str:
    """A lateral subquery with `amount`: `fee_amounts.charge` of a share; NULL where share, the order's part or VAT rate is."""
    pieces = "CASE WHEN rule.is_limit_per_piece THEN a.units ELSE 1 END"
    raw = f"{share} + rule.per_unit * a.units + rule.per_line + {of_order}"
    bounds = f"least(greatest({raw}, rule.minimum * {pieces}), rule.maximum * {pieces})"
    limited = f"CASE WHEN {share} IS NOT NULL AND {of_order} IS NOT NULL THEN {bounds} END"
    return _WORTH.format(raw=limited, net=_rounded("fee.raw"), on_top=_rounded(f"(net.fee * (1 + {_VAT_RATE}))"))


def of_fees(amount: str) -> str:
    """`fee_amounts.of_fees`: a share of other fees, without their VAT where VAT comes on top."""
    return f"(rule.rate * {amount} / CASE WHEN rule.vat = 'on_top' THEN 1 + {_VAT_RATE} ELSE 1 END)"


def tolerance(amount: str, per_unit: str, rate: str) -> str:
    least = f"greatest({per_unit}, 10::numeric ^ -a.digits) * a.units"
    return f"round(greatest({least}, coalesce({amount}, 0) * {rate}), 4)"


PORTIONS = f"""
SELECT sum(rule.rate * greatest(least(t.size, rule.price_below * a.units) - coalesce(rule.price_from, 0) * a.units, 0))
FROM rules rule WHERE rule.version = t.version AND {_WEIGHS}
    AND ({SIDES}) IS NOT DISTINCT FROM (t.longest_mm, t.middle_mm, t.shortest_mm)
"""  # noqa: S608 - fragments of one statement, no values
