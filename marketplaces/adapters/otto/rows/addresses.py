"""Delivery addresses of orders; announced orders carry none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.adapters.otto.rows.reading import text
from marketplaces.canonical import ShipTo
from marketplaces.pieces import inner

COUNTRIES = {"DEU": "DE", "AUT": "AT", "CHE": "CH"}


def ship_to(order: Mapping[str, Any]) -> ShipTo | None:
    told, billed = inner(order, "deliveryAddress"), inner(order, "invoiceAddress")
    if not text(told, "street"):
        return None
    name = " ".join(filter(None, (text(told, "firstName"), text(told, "lastName"))))
    country = text(told, "countryCode")
    return ShipTo(
        name=name, street=text(told, "street"), house=text(told, "houseNumber"), addition=text(told, "addition"),
        postal_code=text(told, "zipCode"), city=text(told, "city"), country=COUNTRIES.get(country, country[:2]),
        email=text(told, "email") or text(billed, "email"), phone=text(told, "phoneNumber"),
    )  # fmt: skip
