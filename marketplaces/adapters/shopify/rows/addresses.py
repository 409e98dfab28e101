"""Shipping addresses of orders: protected data, asked for apart from the orders and redacted without approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.shopify.rows.reading import text
from marketplaces.canonical import ShipTo
from marketplaces.pieces import inner


def ship_to(order: Mapping[str, Any]) -> ShipTo | None:
    told = inner(order, "shippingAddress")
    if not text(told, "address1"):
        return None
    return ShipTo(
        name=text(told, "name"), company=text(told, "company"), street=text(told, "address1"),
        addition=text(told, "address2"), postal_code=text(told, "zip"), city=text(told, "city"),
        state=text(told, "provinceCode"), country=text(told, "countryCodeV2"), phone=text(told, "phone"),
    )  # fmt: skip
