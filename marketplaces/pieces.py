"""Reading foreign JSON piece by piece: what cannot be read is rejected with a reason for a person. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any

from config.core.money import CurrencyMismatch, LossyAmount
from marketplaces.canonical import Rejected, Row
from marketplaces.contract import Page


class Unreadable(ValueError):
    """A piece of a payload that cannot become a row; the message is the reason for a person."""


UNREADABLE = (Unreadable, LossyAmount, CurrencyMismatch, ArithmeticError)
"""What a piece may raise when it is not what it should be."""


def whole_page(mapper: Callable[[Page], Iterator[Row | Rejected]]) -> Callable[[Page], Iterator[Row | Rejected]]:
    """A page that cannot be read at all becomes one Rejected instead of an exception."""

    @wraps(mapper)
    def guarded(page: Page) -> Iterator[Row | Rejected]:
        try:
            yield from mapper(page)
        except (*UNREADABLE, OSError) as error:
            yield Rejected(str(error), raw=None, code="unreadable_page", external_id=page.document_id)

    return guarded


def record(value: Any, name: str) -> Mapping[str, Any]:
    """The value as an object; Unreadable where it is none."""
    if not isinstance(value, Mapping):
        raise Unreadable(
            f"{name} is {type(value).__name__} where an object is expected; check the resource and the file"
        )
    return value


def inner(piece: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The nested object, empty when it is null, left out or of another type."""
    value = piece.get(key)
    return value if isinstance(value, Mapping) else {}
