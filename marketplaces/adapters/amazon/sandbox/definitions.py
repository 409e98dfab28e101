"""Product types: one for each kind of goods that the world knows, with a small schema of what it asks."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from marketplaces.adapters.amazon.sandbox.answers import Refused, ok
from marketplaces.sandbox.facts import Answer, Request, View

VERSION = "SIMULATED1"


def _property(*parts: str, **rule: Any) -> dict[str, Any]:
    """An attribute with a value by this rule, and other parts beside it."""
    beside: dict[str, Any] = {"language_tag": {"type": "string"}, "unit": {"type": "string", "enum": UNITS}}
    told = {"value": rule, **{part: beside[part] for part in parts}, "marketplace_id": {"type": "string"}}
    return {"type": "array", "items": {"type": "object", "properties": told}}


UNITS = ["grams", "kilograms"]
PROPERTIES = {
    "item_name": _property("language_tag", type="string", maxLength=200),
    "brand": _property("language_tag", type="string", maxLength=100),
    "color": _property("language_tag", type="string", maxLength=1000),
    "number_of_items": _property(type="integer"),
    "item_weight": _property("unit", type="number"),
    "is_fragile": _property(type="boolean"),
}


def types(view: View, request: Request) -> Answer:
    stores = request.params.get("marketplaceIds", "").split(",")
    found = [{"name": name, "displayName": name.capitalize(), "marketplaceIds": stores} for name in _names(view)]
    return ok({"productTypes": found, "productTypeVersion": VERSION})


def one(view: View, request: Request) -> Answer:
    name = _known(view, request)
    digest = hashlib.md5(_body(name), usedforsecurity=False).hexdigest()
    return ok(
        {
            "schema": {
                "link": {"resource": f"{request.base_url}/schemas/{name}", "verb": "GET"},
                "checksum": digest,
            },
            "requirements": "LISTING",
            "requirementsEnforced": "ENFORCED",
            "propertyGroups": {},
            "locale": "en_GB",
            "marketplaceIds": request.params.get("marketplaceIds", "").split(","),
            "productType": name,
            "displayName": name.capitalize(),
            "productTypeVersion": {"version": VERSION, "latest": True},
        }
    )


def schema(view: View, request: Request) -> Answer:
    """Behind an address that needs no token."""
    return Answer(200, _body(_known(view, request)))


def _known(view: View, request: Request) -> str:
    name = request.match["type"]
    if name not in _names(view):
        raise Refused(404, "NotFound", f"The product type {name!r} is not known.")
    return name


def _names(view: View) -> list[str]:
    return sorted({"PRODUCT", *(product.category.upper() for _, product in view.offered())})


def _body(name: str) -> bytes:
    told = {
        "title": name.capitalize(),
        "type": "object",
        "required": ["item_name", "brand"],
        "properties": {**PROPERTIES, "purchasable_offer": {"type": "array"}},
    }
    return json.dumps(told).encode()
