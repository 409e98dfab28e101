"""Recipients of orders, which need a role of their own; v0 would need a restricted token and is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplaces.canonical import ShipTo

BLOCKS = ("RECIPIENT",)


def ship_to(order: Mapping[str, Any]) -> ShipTo | None:
    """None once the address is gone: it disappears some weeks after the shipment, and the name may lack before."""
    told = (order.get("recipient") or {}).get("deliveryAddress") or {}
    if not told.get("addressLine1"):
        return None
    words = {name: str(value).strip() for name, value in told.items() if isinstance(value, str)}
    more = " ".join(filter(None, (words.get("addressLine2", ""), words.get("addressLine3", ""))))
    return ShipTo(
        name=words.get("name", ""), company=words.get("companyName", ""), street=words["addressLine1"], addition=more,
        postal_code=words.get("postalCode", ""), city=words.get("city", ""), state=words.get("stateOrRegion", ""),
        country=words.get("countryCode", ""), phone=words.get("phone", ""),
    )  # fmt: skip
