"""A small tree of categories: one group for each kind of goods that the world knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.otto.sandbox.replies import by_number
from marketplaces.sandbox.facts import Answer, Request, View

COLOURS = ["Sand", "Schiefer", "Moos", "Koralle", "Tinte", "Ocker", "Schnee", "Pflaume"]


def category_list(view: View, request: Request) -> Answer:
    """`GET /v5/products/categories`."""
    kinds = sorted({product.category for _, product in view.offered()})
    return by_number(request, kinds, _group, key="categoryGroups", first=0, most=2000)


def _group(kind: str) -> Mapping[str, Any]:
    return {
        "categoryGroup": f"Welt {kind}",
        "categories": [kind],
        "variationThemes": ["Farbe"],
        "title": "{{Marke}}",
        "attributes": [
            {"name": "Farbe", "type": "STRING", "multiValue": True, "unit": None, "allowedValues": COLOURS,
             "recommendedValues": [], "relevance": "HIGH"},
            {"name": "Gewicht", "type": "FLOAT", "multiValue": False, "unit": "g", "allowedValues": []},
        ],
        "additionalRequirements": [],
    }  # fmt: skip
