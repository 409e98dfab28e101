"""Which fields of a variation are written, between which bounds and how many in a call (fact sheet of v5)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marketplaces.contract import Style, Writing
from marketplaces.wording import Noise

_ALTERS = frozenset({Noise.SPACES})
INSTEAD: Mapping[str, str] = {"delivery": "shipping profiles promise it; choose one in Partner Connect"}
WRITES: Mapping[str, Writing] = {
    "price": Writing(style=Style.REPLACE, together=500),
    "quantity": Writing(together=200),
    "title": Writing(style=Style.REPLACE, shortest=1, longest=70, alters=_ALTERS),
    "description": Writing(style=Style.REPLACE, shortest=1, longest=2000, alters=_ALTERS | {Noise.MARKUP}),
    "bullets": Writing(style=Style.REPLACE, least=Decimal(1), most=Decimal(5), shortest=3, longest=180, alters=_ALTERS),
    "images": Writing(style=Style.REPLACE, least=Decimal(1), most=Decimal(15), longest=2083),
    "attributes": Writing(style=Style.REPLACE, least=Decimal(1), shortest=1, alters=_ALTERS),
    "on_hold": Writing(together=500),
}
