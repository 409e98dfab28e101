"""Which fields of a listing are written, and between which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marketplaces.contract import Style, Writing
from marketplaces.wording import Noise

_SPACES, _TEXT = frozenset({Noise.SPACES}), frozenset({Noise.SPACES, Noise.MARKUP})

# The widest bounds that product types commonly state; what a type asks beyond them the validation preview tells.
WORDS: Mapping[str, Writing] = {
    "title": Writing(style=Style.REPLACE, shortest=1, longest=200, alters=_SPACES),
    "description": Writing(style=Style.REPLACE, shortest=1, longest=2000, alters=_TEXT),
    "bullets": Writing(
        style=Style.REPLACE, least=Decimal(1), most=Decimal(10), shortest=1, longest=500, alters=_SPACES
    ),
    "images": Writing(style=Style.REPLACE, least=Decimal(1), most=Decimal(9), longest=2000),
    "attributes": Writing(style=Style.REPLACE, least=Decimal(1), shortest=1, alters=_SPACES | {Noise.ZEROS}),
}
WRITES: Mapping[str, Writing] = {
    "price": Writing(style=Style.REPLACE), "quantity": Writing(style=Style.REPLACE), **WORDS,
}  # fmt: skip
INSTEAD: Mapping[str, str] = {
    "on_hold": "set the units to zero", "delivery": "the shipping template promises it; choose one in Seller Central",
}  # fmt: skip
