"""The words and pictures of a listing: kept as they were patched, shown in their wrapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from marketplaces.adapters.amazon import words
from marketplaces.adapters.amazon.sandbox.definitions import PROPERTIES
from marketplaces.adapters.amazon.stores import LANGUAGES
from marketplaces.adapters.amazon.words import LOCATORS, TEXTS
from marketplaces.sandbox.facts import View, WorldListing

Json = Mapping[str, Any]
LONGEST = {"item_name": 200, "product_description": 2000, "bullet_point": 500}
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, Decimal), "boolean": (bool,),
}  # fmt: skip
FIELD_OF = {name: field for field, name in TEXTS.items()}
_NUMBERS = ("purchasable_offer", "fulfillment_availability")


def attributes(listing: WorldListing) -> dict[str, Any]:
    """Every listing has a title and, where none is lacking, a picture; the rest is what was written to it."""
    said = listing.content
    links = said.get("images") or ([] if "missing_image" in listing.issue_codes else [_picture(listing)])
    place = {"marketplace_id": listing.store.external_id}
    found = {
        "item_name": _texts(listing, [listing.title]),
        "product_description": _texts(listing, [said["description"]] if "description" in said else []),
        "bullet_point": _texts(listing, said.get("bullets", [])),
        **{name: [{"media_location": link, **place}] for name, link in zip(LOCATORS, links, strict=False)},
        **{name: [_row(listing, name, value)] for name, value in said.get("attributes", {}).items()},
    }
    return {name: rows for name, rows in found.items() if rows}


def _picture(listing: WorldListing) -> str:
    return f"https://images.example.invalid/{listing.product.serial}.jpg"


def _texts(listing: WorldListing, values: Sequence[str]) -> list[Json]:
    place = {"language_tag": LANGUAGES[listing.store.code], "marketplace_id": listing.store.external_id}
    return [{"value": value, **place} for value in values]


def _row(listing: WorldListing, name: str, said: str) -> Json:
    """An attribute in its parts, as its product type has them."""
    parts = words.parts_of(PROPERTIES, name)
    (text,) = _texts(listing, [said])
    if not parts or "language_tag" in parts:
        return text
    return {**words.row_of(name, said, parts), "marketplace_id": listing.store.external_id}


def split(patches: Sequence[Json]) -> tuple[list[tuple[str, str, list[Json]]], list[Json]]:
    """Patches of words as (operation, attribute, rows), and those of price and quantity."""
    told, numbers = [], []
    for patch in patches:
        name = str(patch.get("path", "")).removeprefix("/attributes/")
        if name in _NUMBERS or "/" in name:
            numbers.append(patch)
        else:
            rows = [row for row in patch.get("value") or [] if isinstance(row, Mapping)]
            told.append((str(patch.get("op")), name, rows))
    return told, numbers


def wrong(listing: WorldListing, told: Sequence[tuple[str, str, list[Json]]]) -> dict[str, Any] | None:
    """What their validation finds: a row without its store or language, a text too long, a picture without https."""
    for operation, name, rows in told:
        for row in rows if operation != "delete" else ():
            if not row.get("marketplace_id"):
                return refusal("INVALID_ATTRIBUTE", "marketplace_id is missing.", name)
            link, value = row.get("media_location"), row.get("value")
            if name in LOCATORS and not str(link).startswith("https://"):
                return refusal("INVALID_IMAGE", "The image cannot be read.", name)
            if name not in LOCATORS and (lacking := _lacking(name, row)):
                return refusal("INVALID_ATTRIBUTE", lacking, name)
            if name in LONGEST and len(str(value)) > LONGEST[name]:
                return refusal("INVALID_ATTRIBUTE", f"The value is longer than {LONGEST[name]} characters.", name)
    return None


def _lacking(name: str, row: Json) -> str:
    """What a row lacks of the parts that its attribute has."""
    parts = words.parts_of(PROPERTIES, name) or {"value": {"type": "string"}, "language_tag": {}}
    value = row.get("value")
    if not isinstance(value, TYPES[parts["value"]["type"]]) or value == "":
        return f"A value of the type {parts['value']['type']} is expected."
    missing = sorted(set(parts) - set(row) - {"marketplace_id"})
    if missing:
        return f"A value with its {', '.join(missing)} is expected."
    return "" if "unit" not in parts or row["unit"] in parts["unit"]["enum"] else "The unit is not known."


def keep(view: View, listing: WorldListing, told: Sequence[tuple[str, str, list[Json]]]) -> None:
    for field, value in _fields(listing, told):
        view.set_content(listing.product.sku, listing.store.code, field, value)


def _fields(listing: WorldListing, told: Sequence[tuple[str, str, list[Json]]]) -> Iterator[tuple[str, Any]]:
    """What the patches make of our fields; pictures and other attributes are one field each."""
    links = {name: None if operation == "delete" else _mine(listing, rows, "media_location")[0]
             for operation, name, rows in told if name in LOCATORS}  # fmt: skip
    others = {name: next(words.told(row) for row in rows if row.get("marketplace_id") == listing.store.external_id)
              for _, name, rows in told if name not in (*LOCATORS, *FIELD_OF)}  # fmt: skip
    for _, name, rows in told:
        if name in FIELD_OF:
            values = _mine(listing, rows)
            yield FIELD_OF[name], values if name == "bullet_point" else values[0]
    if links:
        now = dict(zip(LOCATORS, listing.content.get("images", []), strict=False))
        yield "images", [link for name in LOCATORS if (link := {**now, **links}.get(name))]
    if others:
        yield "attributes", {**listing.content.get("attributes", {}), **others}


def _mine(listing: WorldListing, rows: Sequence[Json], key: str = "value") -> list[Any]:
    return [row.get(key) for row in rows if row.get("marketplace_id") == listing.store.external_id]


def refusal(category: str, message: str, attribute: str) -> dict[str, Any]:
    return {
        "code": "90000", "message": message, "severity": "ERROR", "attributeNames": [attribute],
        "categories": [category],
    }  # fmt: skip
