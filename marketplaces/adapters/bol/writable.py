"""Which fields of an offer and of its product are written, and between which bounds (Retailer API v10, read April 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marketplaces.contract import Style, Writing
from marketplaces.wording import Noise

_ALTERS = frozenset({Noise.SPACES})
DELIVERY_CODES = (
    "1-2d", "2-3d", "3-5d", "4-8d", "1-8d", *(f"24uurs-{hour}" for hour in range(12, 24)), "MijnLeverbelofte", "VVB",
)  # fmt: skip
INSTEAD: Mapping[str, str] = {
    "bullets": "the product has one description; write them there, each as a line of its own",
}
WRITES: Mapping[str, Writing] = {
    "price": Writing(style=Style.REPLACE, least=Decimal(1), most=Decimal(9999)),
    "quantity": Writing(most=Decimal(999)),
    "title": Writing(shortest=1, longest=500, alters=_ALTERS),
    "description": Writing(shortest=1, longest=10_000, alters=_ALTERS | {Noise.MARKUP}),
    "attributes": Writing(least=Decimal(1), most=Decimal(149), shortest=1, longest=10_000, alters=_ALTERS),
    "images": Writing(least=Decimal(1), most=Decimal(30), longest=2000),
    "on_hold": Writing(style=Style.REPLACE),
    "delivery": Writing(style=Style.REPLACE, choices=DELIVERY_CODES),
}
