"""Variations as they are shown and posted whole, and the seller's own switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.otto import words
from marketplaces.adapters.otto.sandbox.replies import amount
from marketplaces.sandbox.facts import View, WorldListing

MOST = 500
EDITS_EACH = 41
REQUIRED = ("productReference", "ean", "productDescription", "mediaAssets", "pricing", "compliance")
EMPTY: Mapping[str, Any] = {"title": "", "description": "", "bullets": [], "images": [], "attributes": {}}
LONGEST = {"productLine": 70, "description": 2000}


def variation(listing: WorldListing) -> dict[str, Any]:
    product, said = listing.product, listing.content
    links = said.get("images") or [f"https://images.example.invalid/{product.serial}.jpg"]
    told = said.get("attributes", {})
    return {
        "productReference": reference(listing),
        "sku": product.sku,
        "ean": product.ean,
        "productDescription": {
            "category": product.category,
            "brandId": f"brand-{product.brand}",
            "productLine": listing.title[:70],
            "description": said.get("description", _described(listing)),
            "bulletPoints": said.get("bullets", []),
            "attributes": [{"name": name, "values": [value], "additional": False} for name, value in told.items()],
        },
        "mediaAssets": [{"type": "IMAGE", "location": link} for link in links],
        "pricing": {"standardPrice": amount(listing.price), "vat": "FULL"},
        "delivery": {"type": "PARCEL", "deliveryTime": 3},
        "logistics": {"packingUnitCount": 1, "packingUnits": [{"weight": product.weight_g}]},
        "compliance": {"productSafety": {"addresses": []}},
    }


def reference(listing: WorldListing) -> str:
    return listing.product.title.rpartition(",")[0] or listing.product.title


def is_edited(listing: WorldListing) -> bool:
    """Whether the marketplace wrote a description of its own, which it does to a few that have none of ours."""
    return listing.product.serial % EDITS_EACH == 0 and "description" not in listing.content


def _described(listing: WorldListing) -> str:
    title = listing.product.title
    return f"{title}. Von der Redaktion beschrieben." if is_edited(listing) else title


def post(view: View, piece: Mapping[str, Any]) -> str:
    """Take one variation over; why not, where a part is missing or too long. What is not sent is gone."""
    sku = str(piece.get("sku", ""))
    listing = view.listing(sku)
    if listing is None:
        return f"{sku}: unknown SKU"
    if missing := [name for name in REQUIRED if name not in piece]:
        return f"{sku}: {', '.join(missing)} is missing"
    description = piece["productDescription"]
    if long := [name for name, most in LONGEST.items() if len(description.get(name) or "") > most]:
        return f"{sku}: {', '.join(long)} is too long"
    now = variation(listing)
    for field in sorted(words.FIELDS):
        value = words.shown(field, piece)
        if value != words.shown(field, now):
            view.set_content(sku, "", field, EMPTY[field] if value is None else value)
    return ""
