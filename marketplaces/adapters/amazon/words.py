"""Title, texts, pictures and attributes of a listing: our words in their wrapping, and back. Pure.

A patch replaces a whole attribute, so rows of other stores and languages are sent along as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from config.core.errors import Rejected
from config.core.money import LossyAmount, decimal
from marketplaces import wording
from marketplaces.adapters.amazon.stores import LANGUAGES
from marketplaces.contract import Store
from marketplaces.pieces import inner

Json = Mapping[str, Any]
UNTOLD: Json = MappingProxyType({})
TEXTS = {"title": "item_name", "description": "product_description", "bullets": "bullet_point"}
MAIN_IMAGE = "main_product_image_locator"
LOCATORS = (MAIN_IMAGE, *(f"other_product_image_locator_{number}" for number in range(1, 9)))
_PLACES = frozenset({"marketplace_id", "language_tag"})
_NEITHER = frozenset({*TEXTS.values(), *LOCATORS, "purchasable_offer", "fulfillment_availability"})


def patches(field: str, value: Any, store: Store, listing: Json) -> list[Json]:
    """The patch operations that make a field say this; pictures that are wanted no more are deleted."""
    if field in TEXTS:
        told = [{"value": text} for text in (value if isinstance(value, list) else [value])]
        return [_worded(TEXTS[field], told, store, listing)]
    wanted = dict(zip(LOCATORS, value, strict=False))
    now = {name for name in LOCATORS if _mine(name, store, listing)}
    place = {"marketplace_id": store.external_id}
    kept = [_replaced(name, [{"media_location": link, **place}]) for name, link in wanted.items()]
    return [
        *kept,
        *({"op": "delete", "path": f"/attributes/{name}", "value": [place]} for name in sorted(now - set(wanted))),
    ]


def attributes(value: Mapping[str, str], store: Store, listing: Json, schema: Json) -> list[Json]:
    """The patch operations of attributes, each as its product type wants it: a text, a number, a flag, with its unit."""
    return [_attribute(name, said, store, listing, inner(schema, "properties")) for name, said in value.items()]


def _attribute(name: str, said: str, store: Store, listing: Json, properties: Json) -> Json:
    parts = parts_of(properties, name)
    row = row_of(name, said, parts)
    if not parts or "language_tag" in parts:
        return _worded(name, [row], store, listing)
    others = [kept for kept in _rows(name, listing) if kept not in _mine(name, store, listing)]
    return _replaced(name, [*others, {**row, "marketplace_id": store.external_id}])


def parts_of(properties: Json, name: str) -> Json:
    """What a value of an attribute consists of, by the properties of its type; empty where they do not tell."""
    return inner(inner(inner(properties, name), "items"), "properties")


def row_of(name: str, said: str, parts: Json) -> dict[str, Any]:
    """What is typed, in its parts; of a type that is not known it is a text."""
    if parts and "value" not in parts:
        raise Rejected(f"{name} consists of {', '.join(sorted(set(parts) - _PLACES))}; no single text says that")
    if "unit" not in parts:
        return {"value": _typed(name, said, inner(parts, "value"))}
    number, _, unit = said.partition(" ")
    units = listed(inner(parts, "unit"), "enum")
    if not unit or (units and unit not in units):
        raise Rejected(f"{name} {said!r} needs a unit after its number: {', '.join(map(str, units)) or 'any'}")
    return {"value": _typed(name, number, inner(parts, "value")), "unit": unit}


def _typed(name: str, text: str, rule: Json) -> Any:
    kind = rule.get("type")
    if kind == "boolean":
        if text not in ("yes", "no"):
            raise Rejected(f"{name} {text!r} is neither yes nor no")
        return text == "yes"
    if kind not in ("number", "integer"):
        return text
    try:
        number = decimal(text)
    except LossyAmount as error:
        raise Rejected(f"{name} {text!r} is not a number") from error
    if kind == "integer" and number != number.to_integral_value():
        raise Rejected(f"{name} {text!r} is not a whole number")
    return int(number) if kind == "integer" else number


def _worded(name: str, told: list[dict[str, Any]], store: Store, listing: Json) -> Json:
    """Values in the language that the listing has for this store; rows of other languages and stores go along."""
    now = _mine(name, store, listing)
    language = next((row["language_tag"] for row in now if row.get("language_tag")), LANGUAGES[store.code])
    others = [row for row in _rows(name, listing) if row not in now or row.get("language_tag", language) != language]
    place = {"language_tag": language, "marketplace_id": store.external_id}
    return _replaced(name, [*others, *({**row, **place} for row in told)])


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
        if row.get("language_tag") == language and (said := told(row)):
            yield said


def told(row: Json) -> str:
    """A value with its unit, as one would type it; empty where it consists of something else."""
    value, unit = row.get("value"), row.get("unit")
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:f}" if isinstance(value, Decimal) else str(value) if isinstance(value, str | int) else ""
    return f"{text} {unit}" if text.strip() and isinstance(unit, str) and unit else text if text.strip() else ""


def listed(piece: Json, key: str) -> list[Any]:
    found = piece.get(key)
    return found if isinstance(found, list) else []


def _mine(name: str, store: Store, listing: Json) -> list[Json]:
    return [row for row in _rows(name, listing) if row.get("marketplace_id") == store.external_id]


def _rows(name: str, listing: Json) -> list[Json]:
    told = inner(listing, "attributes")
    return [row for row in listed(told, name) if isinstance(row, Mapping)]
