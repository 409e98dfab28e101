"""Groups of categories and their categories, whose German names are their keys; a group's attributes hold for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.otto.rows.reading import each, pieces_of, records, records_or_none, required, text
from marketplaces.canonical import Asked, Rejected, Row, TaxonomyNode
from marketplaces.contract import Page
from marketplaces.pieces import read_json, whole_page

GROUP = "group: "
KINDS = {"INTEGER": "number", "FLOAT": "number", "BOOLEAN": "flag"}


@whole_page
def taxonomy(page: Page) -> Iterator[Row | Rejected]:
    yield from each(pieces_of(read_json(page), "categoryGroups"), _group, name="group", id_key="categoryGroup")


def _group(raw: Mapping[str, Any]) -> Iterator[TaxonomyNode]:
    """Which attributes must be given is not told; `relevance` says how much they matter."""
    group = required(raw, "categoryGroup")
    asks = tuple(_asked(piece) for piece in records(raw, "attributes"))
    yield TaxonomyNode(external_id=f"{GROUP}{group}", name=group)
    for name in records_or_none(raw.get("categories"), "categories"):
        if isinstance(name, str) and name.strip():
            yield TaxonomyNode(external_id=name.strip(), name=name.strip(), parent=f"{GROUP}{group}", asks=asks)


def _asked(piece: Mapping[str, Any]) -> Asked:
    values = records_or_none(piece.get("allowedValues"), "allowedValues")
    return Asked(
        key=required(piece, "name"),
        kind=KINDS.get(text(piece, "type").upper(), "text"),
        choices=tuple(value for value in values if isinstance(value, str)),
        unit=text(piece, "unit"),
    )
