"""Delivery addresses of orders, which only the detail of an order has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.canonical import ShipTo

_HOUSE = ("houseNumber", "houseNumberExtension")


def ship_to(order: Mapping[str, Any]) -> ShipTo | None:
    """A pickup point's name stands beside the buyer's."""
    told = order.get("shipmentDetails")
    if not isinstance(told, Mapping) or not told.get("streetName"):
        return None
    words = {name: str(value).strip() for name, value in told.items() if value is not None}
    house = " ".join(filter(None, (words.get(name, "") for name in _HOUSE)))
    extra = (words.get("pickupPointName", ""), words.get("extraAddressInformation", ""))
    return ShipTo(
        name=" ".join(filter(None, (words.get("firstName", ""), words.get("surname", "")))),
        company=words.get("company", ""), street=words["streetName"], house=house, addition=" ".join(filter(None, extra)),
        postal_code=words.get("zipCode", ""), city=words.get("city", ""), country=words.get("countryCode", ""),
        email=words.get("email", ""), phone=words.get("deliveryPhoneNumber", ""),
    )  # fmt: skip
