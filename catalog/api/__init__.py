"""The API of products and listings, by what it is about."""

from __future__ import annotations

from typing import Any

from catalog.api import products, uploads

VIEWS: dict[str, Any] = {**products.VIEWS, **uploads.VIEWS}
