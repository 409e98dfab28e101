"""One spelling per value, so that what is wanted and what is shown can be compared as text. Pure.

The database spells its own columns by `LIVE`; a property test holds the two together.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError

from catalog.models.publishing import PRICE, QUANTITY

LIVE = """CASE {field} WHEN 'quantity' THEN {listing}.quantity::text
    WHEN 'price' THEN trim_scale({listing}.price)::text WHEN 'title' THEN {listing}.title END"""


def spelled(field: str, value: str | int | Decimal) -> str:
    """The value of a field as it is stored: `7`, `12.3`, or text as it is; raises ValidationError."""
    if field not in (QUANTITY, PRICE):
        return str(value)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValidationError(f"{value!r} is no {field}") from error
    is_whole = number == number.to_integral_value() if number.is_finite() else False
    if not number.is_finite() or number < 0 or (field == QUANTITY and not is_whole):
        raise ValidationError(f"{value!r} is no {field}")
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"
