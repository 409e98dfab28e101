"""Which fields of a variant and its product are written, between which bounds and how many in a call.

A call may cost 1,000 points, of which each mutation takes 10 and more: one for each product's prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marketplaces.contract import Style, Writing
from marketplaces.wording import Noise

WRITES: Mapping[str, Writing] = {
    "price": Writing(together=50),
    "quantity": Writing(together=250),
    "title": Writing(shortest=1, longest=255, alters=frozenset({Noise.SPACES})),
    "description": Writing(shortest=1, longest=50_000, alters=frozenset({Noise.SPACES, Noise.MARKUP})),
    "images": Writing(style=Style.REPLACE, least=Decimal(1), most=Decimal(250), longest=2048),
}
INSTEAD: Mapping[str, str] = {
    "bullets": "the product has one description; write them there, each as a line of its own",
    "attributes": "options and tags are kept in the shop itself",
    "on_hold": "set the units to zero",
    "delivery": "the shop promises by its own shipping profiles",
}
