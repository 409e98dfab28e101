"""Order lines as their fees see them: the query, and the same as `tariffs.Sale`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core.money import odd_minor_units
from finance.tariffs import Sale


def digits(currency: str) -> str:
    """How many digits the currency (SQL) has after the point."""
    odd = "".join(f" WHEN '{code}' THEN {-int(u.as_tuple().exponent)}" for code, u in odd_minor_units().items())
    return f"CASE {currency}{odd} ELSE 2 END"


SIDES_OF_SKU = """
LEFT JOIN LATERAL (
    SELECT greatest(s.a, s.b, s.c) AS longest_mm, s.a + s.b + s.c - greatest(s.a, s.b, s.c) - least(s.a, s.b, s.c) AS middle_mm,
        least(s.a, s.b, s.c) AS shortest_mm
    FROM (SELECT sku.length_mm AS a, sku.width_mm AS b, sku.height_mm AS c) AS s WHERE s.a + s.b + s.c IS NOT NULL
) AS sides ON true
"""
"""The sides of a packed piece of `sku` in order, as `sides`; all NULL where one is not known."""

ASKED = f"""
SELECT line.id AS order_line_id, line.account_id, account.marketplace, o.channel, o.fulfilment AS programme,
    lower(coalesce(nullif(placed.fee_category, ''), product.category, '')) AS category, o.business_on AS day,
    line.currency, left_us.units, line.order_id, line.id AS line_id, sides.longest_mm, sides.middle_mm, sides.shortest_mm,
    (SELECT jsonb_object_agg(vat.line_class, vat.rate::text) FROM (SELECT DISTINCT ON (line_class) line_class, rate
        FROM finance_feevat WHERE account_id = line.account_id AND channel IN ('', o.channel)
            AND valid_from <= o.business_on
        ORDER BY line_class, channel DESC, valid_from DESC, id DESC) AS vat) AS fee_vats,
    worth.item, worth.item + coalesce(line.shipping, 0) + coalesce(line.gift_wrap, 0)
        - coalesce(line.shipping_discount, 0) AS paid, line.tax, coalesce(apart.it, false) AS is_tax_apart,
    sku.weight_g, line.remote_id, {digits("line.currency")} AS digits,
    round(-line.expected_fee * left_us.units / line.quantity, {digits("line.currency")}) AS estimate
FROM inventory_orderline line
JOIN inventory_order o ON o.id = line.order_id
JOIN marketplaces_account account ON account.id = line.account_id
LEFT JOIN catalog_sku sku ON sku.id = line.sku_id
{SIDES_OF_SKU}
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

WORTH_OF_LINE = """
CASE WHEN {line}.item_total IS NULL THEN NULL WHEN {line}.quantity_cancelled = {line}.quantity THEN 0
    ELSE greatest({line}.item_total - coalesce({line}.discount, 0), 0) END
"""
"""What a line is worth when its order is charged as a whole; NULL where its price is not known."""
OF_LINES = "line.id = ANY(%(lines)s)"
_IN_ITS_ORDER = f"""
SELECT a.*, beside.worths, beside.place FROM ({{asked}}) AS a CROSS JOIN LATERAL (
    SELECT array_agg({WORTH_OF_LINE.format(line="other")} ORDER BY other.id) AS worths,
        count(*) FILTER (WHERE other.id < a.line_id) AS place
    FROM inventory_orderline other WHERE other.order_id = a.order_id) AS beside
"""  # noqa: S608 - as above


def sales(order_line_ids: Sequence[int]) -> dict[int, Sale]:
    """These order lines as their fees see them; lines of which every unit was cancelled are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_ITS_ORDER.format(asked=ASKED.format(which=OF_LINES)), {"lines": list(order_line_ids)})
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    wanted = {field.name for field in fields(Sale)} & set(names)
    return {
        row["order_line_id"]: Sale(
            **{name: row[name] for name in wanted} | {"worths": tuple(row["worths"]), "fee_vats": _vats(row)},
            sides_mm=_sides(row),
        )
        for row in rows
    }


def _vats(row: dict[str, Any]) -> dict[str, Decimal]:
    told: dict[str, str] = json.loads(row["fee_vats"] or "{}")
    return {line_class: Decimal(rate) for line_class, rate in told.items()}


def _sides(row: dict[str, Any]) -> tuple[int, int, int] | None:
    longest, middle, shortest = (row[name] for name in ("longest_mm", "middle_mm", "shortest_mm"))
    return None if longest is None else (longest, middle, shortest)
