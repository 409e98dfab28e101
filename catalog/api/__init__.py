"""The API of products and listings, by what it is about."""

from __future__ import annotations

from typing import Any

from catalog.api import mapping, products, publishing, quality, structure, uploads

PARTS = (mapping, products, publishing, quality, structure, uploads)
VIEWS: dict[str, Any] = {name: view for part in PARTS for name, view in part.VIEWS.items()}
QUESTIONS: dict[str, Any] = {name: view for part in PARTS for name, view in getattr(part, "QUESTIONS", {}).items()}
