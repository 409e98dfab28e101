"""The API of products and listings, by what it is about."""

from __future__ import annotations

from typing import Any

from catalog.api import products, structure, uploads

PARTS = (products, structure, uploads)
VIEWS: dict[str, Any] = {name: view for part in PARTS for name, view in part.VIEWS.items()}
