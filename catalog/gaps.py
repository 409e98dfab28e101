"""Which mandatory master fields a SKU lacks, or holds a GTIN in whose check digit is wrong: one statement for many."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from catalog import master
from catalog.models import MasterRule

MANDATORY = (
    "gtin", "brand", "vat_class", "weight_g", "length_mm", "width_mm", "height_mm", "origin_country", "customs_code",
    "supplier", "lead_time_days", "pack_quantity",
)  # fmt: skip
"""What every new client starts with."""

VALID_GTIN = r"""(value ~ '^([0-9]{8}|[0-9]{12,14})$' AND (
    SELECT sum(substr(lpad(value, 14, '0'), place, 1)::int * CASE place %% 2 WHEN 1 THEN 3 ELSE 1 END)
    FROM generate_series(1, 14) AS place) %% 10 = 0)"""
_ABSENT = {
    "gtin": f"""NOT EXISTS (SELECT 1 FROM catalog_identifier
        WHERE sku_id = sku.id AND kind = 'gtin' AND CASE WHEN kind = 'gtin' THEN {VALID_GTIN} END)""",  # noqa: S608
    "brand": "product.brand_id IS NULL",
}
_GAPS = """
SELECT sku.id, missing.fields FROM catalog_sku sku JOIN catalog_product product ON product.id = sku.product_id
CROSS JOIN LATERAL (SELECT array_remove(ARRAY[{cases}]::text[], NULL) AS fields) AS missing
WHERE NOT sku.is_retired AND sku.kind <> 'parent' AND cardinality(missing.fields) > 0
  AND (%(every)s OR sku.id = ANY(%(ids)s)) ORDER BY sku.code
"""


def mandatory() -> list[str]:
    """The fields that this client wants, in the order of the master fields."""
    wanted = set(MasterRule.objects.filter(is_mandatory=True).values_list("field", flat=True))
    return [name for name in master.FIELDS if name in wanted]


def of(sku_ids: Iterable[int] | None = None) -> dict[int, list[str]]:
    """By SKU (all that are sold, or these) the mandatory fields that are missing; those without a gap are left out."""
    fields = mandatory()
    if not fields:
        return {}
    cases = ", ".join(f"CASE WHEN {_absent(name)} THEN '{name}' END" for name in fields)
    given = {"every": sku_ids is None, "ids": list(sku_ids or [])}
    with connection.cursor() as cursor:
        cursor.execute(_GAPS.format(cases=cases), given)
        return dict(cursor.fetchall())


def _absent(name: str) -> str:
    if name in _ABSENT:
        return _ABSENT[name]
    return f"sku.{name} IS NULL" if master.FIELDS[name].is_number else f"sku.{name} = ''"
