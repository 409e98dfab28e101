"""The tree of categories; what each asks of a product stands in a file that bol publishes elsewhere, not in this answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.bol.rows.reading import each, pieces_of, records, required
from marketplaces.canonical import Rejected, Row, TaxonomyNode
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, read_json, whole_page

DEEPEST = 12


@whole_page
def taxonomy(page: Page) -> Iterator[Row | Rejected]:
    yield from each(pieces_of(read_json(page), "categories"), _top, name="category", id_key="categoryId")


def _top(raw: Mapping[str, Any]) -> Iterator[TaxonomyNode]:
    return _branch(raw, "", 1)


def _branch(raw: Mapping[str, Any], parent: str, depth: int) -> Iterator[TaxonomyNode]:
    if depth > DEEPEST:
        raise Unreadable(f"the tree of categories is deeper than {DEEPEST}; is it one?")
    key = required(raw, "categoryId")
    yield TaxonomyNode(external_id=key, name=required(raw, "categoryName"), parent=parent)
    for below in records(raw, "subcategories"):
        yield from _branch(below, key, depth + 1)
