"""One spelling per value, so that what is wanted and what is shown can be compared as text. Pure.

The database spells its own columns by `LIVE`; a property test holds the two together.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError

from catalog.models.publishing import PRICE, QUANTITY
from marketplaces import wording

LIVE = """CASE {field} WHEN 'quantity' THEN {listing}.quantity::text
    WHEN 'price' THEN trim_scale({listing}.price)::text WHEN 'title' THEN {listing}.title END"""


def spelled(field: str, value: Any) -> str:
    """The value of a field as it is stored: `7`, `12.3`, a text, or JSON; raises ValidationError."""
    if field not in (QUANTITY, PRICE):
        return _worded(field, value)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValidationError(f"{value!r} is no {field}") from error
    is_whole = number == number.to_integral_value() if number.is_finite() else False
    if not number.is_finite() or number < 0 or (field == QUANTITY and not is_whole):
        raise ValidationError(f"{value!r} is no {field}")
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"


def _worded(field: str, value: Any) -> str:
    try:
        text = wording.spelled(field, value)
    except ValueError as error:
        raise ValidationError(f"{str(value)[:60]!r} is no {field}: {error}") from error
    if not text:
        raise ValidationError(f"the {field} is empty; what is left out is not written")
    return text


def said(field: str, text: str) -> Any:
    """A stored value as a write carries it: units as a number, lists and attributes as they are, all else as text."""
    return int(text) if field == QUANTITY else text if field == PRICE else wording.read(field, text)
