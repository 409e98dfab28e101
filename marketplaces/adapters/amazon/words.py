"""Title, texts, pictures and attributes of a listing: our words in their wrapping, and back. Pure.

A patch replaces a whole attribute, so rows of other stores and languages are sent along as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marketplaces import wording
from marketplaces.adapters.amazon.stores import LANGUAGES
from marketplaces.contract import Store

Json = Mapping[str, Any]
TEXTS = {"title": "item_name", "description": "product_description", "bullets": "bullet_point"}
MAIN_IMAGE = "main_product_image_locator"
LOCATORS = (MAIN_IMAGE, *(f"other_product_image_locator_{number}" for number in range(1, 9)))
_NEITHER = frozenset({*TEXTS.values(), *LOCATORS, "purchasable_offer", "fulfillment_availability"})


def patches(field: str, value: Any, store: Store, listing: Json) -> list[Json]:
    """The patch operations that make a field say this; pictures that are wanted no more are deleted."""
    if field in TEXTS:
        return [_text(TEXTS[field], value if isinstance(value, list) else [value], store, listing)]
    if field == "attributes":
        return [_text(name, [said], store, listing) for name, said in value.items()]
    wanted = dict(zip(LOCATORS, value, strict=False))
    now = {name for name in LOCATORS if _mine(name, store, listing)}
    place = {"marketplace_id": store.external_id}
    kept = [_replaced(name, [{"media_location": link, **place}]) for name, link in wanted.items()]
    return [
        *kept,
        *({"op": "delete", "path": f"/attributes/{name}", "value": [place]} for name in sorted(now - set(wanted))),
    ]


def _text(name: str, values: list[str], store: Store, listing: Json) -> Json:
    now = _mine(name, store, listing)
    language = next((row["language_tag"] for row in now if row.get("language_tag")), LANGUAGES[store.code])
    others = [row for row in _rows(name, listing) if row not in now or row.get("language_tag", language) != language]
    place = {"language_tag": language, "marketplace_id": store.external_id}
    return _replaced(name, [*others, *({"value": value, **place} for value in values)])


def _replaced(name: str, value: list[Json]) -> Json:
    return {"op": "replace", "path": f"/attributes/{name}", "value": value}


def shown(field: str, store: Store, listing: Json) -> Any:
    """What the listing says of a field in this store, as a payload carries it; None where it says nothing."""
    if field == "title":
        return next(iter(_values("item_name", store, listing)), None)
    if field == "description":
        return next(iter(_values("product_description", store, listing)), None)
    if field == "bullets":
        return list(_values("bullet_point", store, listing)) or None
    if field == "images":
        found = (row.get("media_location") for name in LOCATORS for row in _mine(name, store, listing))
        return [link for link in found if isinstance(link, str) and link] or None
    told = listing.get("attributes")
    names = [name for name in told if name not in _NEITHER] if isinstance(told, Mapping) else []
    return {name: said for name in names if (said := next(iter(_values(name, store, listing)), None))} or None


def content(store: Store, listing: Json) -> dict[str, str]:
    """Every field but the title that the listing tells, in the stored spelling."""
    fields = ("description", "bullets", "images", "attributes")
    told = {field: shown(field, store, listing) for field in fields}
    return {field: wording.spelled(field, value) for field, value in told.items() if value}


def attribute_names(field: str, value: Any) -> set[str]:
    """What they call the attributes that a field is made of, as their issues name them."""
    return set(value) if field == "attributes" else set(LOCATORS) if field == "images" else {TEXTS[field]}


def _values(name: str, store: Store, listing: Json) -> Iterator[str]:
    """Texts of an attribute in the first language that it has for this store."""
    now = _mine(name, store, listing)
    language = next((row.get("language_tag") for row in now), None)
    for row in now:
        value = row.get("value")
        if row.get("language_tag") == language and isinstance(value, str) and value.strip():
            yield value


def _mine(name: str, store: Store, listing: Json) -> list[Json]:
    return [row for row in _rows(name, listing) if row.get("marketplace_id") == store.external_id]


def _rows(name: str, listing: Json) -> list[Json]:
    attributes = listing.get("attributes")
    found = attributes.get(name) if isinstance(attributes, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
