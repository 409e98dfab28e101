"""Product types and their JSON schemas -> TaxonomyNode. Types have no tree; the page names the type of a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces.adapters.amazon.mapping.document import read
from marketplaces.adapters.amazon.mapping.nodes import Node, each
from marketplaces.adapters.amazon.mapping.values import Unreadable
from marketplaces.canonical import Asked, Rejected, Row, TaxonomyNode
from marketplaces.contract import Page

KINDS = {"number": "number", "integer": "number", "boolean": "flag"}
OFFER = frozenset({"purchasable_offer", "fulfillment_availability"})


def taxonomy(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_json=_json)


def _json(raw: Any, context: Mapping[str, str]) -> Iterator[Row | Rejected]:
    is_list = isinstance(raw, list) and all(Node(entry).has("marketplaceIds") for entry in raw)
    body = Node({"productTypes": raw} if is_list else raw)
    if body.has("payload"):
        return _json(body.get("payload"), context)
    if body.has("productTypes"):
        return each(body.nodes("productTypes"), _listed, key="name")
    return each([(body, context.get("product_type", ""))], _described)


def _listed(entry: Node) -> Iterator[Row]:
    name = entry.need("name")
    yield TaxonomyNode(external_id=name, name=entry.text("displayName") or name)


def _described(given: tuple[Node, str]) -> Iterator[Row]:
    body, name = given
    if not name or not body.has("properties"):
        raise Unreadable("this is neither a list of product types nor the schema of one that the page names")
    required = set(body.words("required"))
    properties = body.node("properties")
    asks = (_asked(key, properties.node(key), required) for key in properties.raw if key not in OFFER)
    yield TaxonomyNode(external_id=name, name=body.text("title") or name, asks=tuple(asks))


def _asked(key: str, schema: Node, required: set[str]) -> Asked:
    """What one value of an attribute may be; of an attribute with several parts only its name and duty are known."""
    parts = schema.node("items").node("properties")
    value, units = parts.node("value"), parts.node("unit").words("enum")
    is_free = parts.has("unit") and not units
    return Asked(
        key=key,
        kind="text" if is_free else KINDS.get(value.text("type"), "text"),
        is_required=key in required,
        max_length=value.count("maxLength"),
        choices=() if units else value.words("enum"),
        unit="|".join(units),
    )
