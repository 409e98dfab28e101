"""Sheets of products before and after the judgement: what rows are judged by, what applies them, what to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from catalog import gaps, gtin, master, selectors
from catalog.models import Identifier, Sku
from catalog.services import masters, products
from catalog.uploads import products as sheet
from catalog.uploads.kinds import Applied, Judged, Kind, Row
from config.core.permissions import Action
from config.core.sheets.reading import Given


def judge(given: Sequence[Given]) -> list[Judged]:
    return sheet.judge(given, known(given))


def known(given: Sequence[Given]) -> sheet.Known:
    """What these rows are judged by."""
    named = {row.cells.get(name, "").removeprefix("'") for row in given for name in ("sku", "variant_of")} - {""}
    codes = selectors.codes(named)
    found = Sku.objects.filter(pk__in=codes.values()).select_related("product")
    values = selectors.master_of(sku_ids=codes.values())
    siblings = _siblings({sku.product_id for sku in found})
    skus = {
        sku.code: sheet.KnownSku(
            sku.product_id,
            {**{name: masters.text(value) for name, value in values[sku.pk].items()}, "category": sku.product.category},
            sum(1 for home, _ in siblings if home == sku.product_id), dict(sku.options),
        )
        for sku in found
    }  # fmt: skip
    return sheet.Known(
        skus=skus, alike=selectors.codes_alike(named - skus.keys()), gtins=_gtins(given), variants=siblings
    )


def _siblings(product_ids: set[int]) -> dict[Any, str]:
    rows = Sku.objects.filter(product__in=product_ids).values_list("product_id", "options", "code")
    return {(home, frozenset(options.items()) or code): code for home, options, code in rows}


def _gtins(given: Sequence[Given]) -> dict[str, str]:
    told = {row.cells.get("gtin", "") for row in given}
    wanted = {text for value in told if gtin.is_gtin(value) for text in gtin.spellings(value)}
    rows = Identifier.objects.filter(kind="gtin", value__in=wanted).values_list("value", "sku__code")
    return {gtin.same(value): code for value, code in rows}


def apply(rows: Sequence[Row], how: Applied) -> int:
    """Make the new SKUs, then change what the rows say; returns how many SKUs were made or changed."""
    codes = selectors.codes(row.what for row in rows)
    fresh = [row for row in rows if row.what not in codes]
    products.create_many(
        [
            products.Draft(row.what, row.said["title"], row.said.get("category", ""), row.said.get("variant_of", ""))
            for row in fresh
        ]
    )
    codes = selectors.codes(row.what for row in rows)
    products.arrange({codes[row.what]: (row.said.get("category"), _options(row)) for row in rows})
    masters.change({codes[row.what]: dict(_values(row)) for row in rows}, by=how.by, source=how.source)
    return len(rows)


def _options(row: Row) -> dict[str, str]:
    return {name.removeprefix(sheet.OPTION): value for name, value in row.said.items() if name.startswith(sheet.OPTION)}


def _values(row: Row) -> Iterator[tuple[str, Any]]:
    return ((name, master.read(name, value)) for name, value in row.said.items() if name in master.FIELDS)


def template() -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """A sheet with only the gaps: SKUs that lack a mandatory field, what is known of them, and what listings propose."""
    fields = [name for name in gaps.mandatory() if name != "title"]
    found = gaps.of()
    values = selectors.master_of(sku_ids=found)
    proposed = selectors.proposals(sku_ids=found) if "gtin" in fields else {}
    header = ("sku", "title", *fields, sheet.MARK, "why")
    return header, (_gap(values[pk], found[pk], fields, proposed.get(pk)) for pk in found)


def _gap(
    values: dict[str, Any], missing: Sequence[str], fields: Sequence[str], proposed: tuple[str, str] | None
) -> list[Any]:
    number, source = proposed if proposed and "gtin" in missing else ("", "")
    cells = [number if name == "gtin" and number else masters.text(values[name]) for name in fields]
    told = f"the GTIN is proposed from {source}" if number else ""
    return [values["code"], values["title"], *cells, told, f"missing: {', '.join(missing)}"]


KIND = Kind(
    key="products", label="Products", layout=sheet.LAYOUT, meaning=sheet.MEANING, needs=Action.EDIT_PRODUCTS, judge=judge,
    apply=apply, template=template,
)  # fmt: skip
