"""OTTO's ids from the serials of the world, and back. A text that is not one of ours gives None."""

from __future__ import annotations

import re
import string
import uuid

_DIGITS = string.digits + string.ascii_lowercase
_ORDERS, _SHIPMENTS = 0x0770, 0x0772


def order_number(serial: int) -> str:
    """Ten letters and digits, the first one a letter."""
    text = ""
    while serial:
        serial, digit = divmod(serial, 36)
        text = _DIGITS[digit] + text
    return f"k{text:0>9}"


def order_serial(text: str) -> int | None:
    """From the number that buyers see, or from the technical id: both are accepted in one place."""
    if re.fullmatch(r"k[0-9a-z]{9}", text):
        return int(text[1:], 36)
    return _serial(text, _ORDERS)


def sales_order_id(serial: int) -> str:
    return _uuid(_ORDERS, serial)


def unit_id(line_serial: int, number: int) -> str:
    """The n-th piece of a line, from 1; the line's serial stands at the end, in digits that a person can read."""
    return f"07710000-{number:04d}-4000-8000-{line_serial:012d}"


def unit_serials(text: str) -> tuple[int, int] | None:
    """Line and number of a piece."""
    found = re.fullmatch(r"07710000-(\d{4})-4000-8000-(\d{12})", text)
    return (int(found[2]), int(found[1])) if found else None


def shipment_id(serial: int) -> str:
    """A simulated order has one shipment."""
    return _uuid(_SHIPMENTS, serial)


def shipped_serial(text: str) -> int | None:
    return _serial(text, _SHIPMENTS)


def article_number(product_serial: int) -> str:
    return f"S0{product_serial:06d}"


def product_moin(product_serial: int) -> str:
    return f"M{product_serial:09d}"


def _uuid(kind: int, serial: int) -> str:
    return str(uuid.UUID(int=kind << 112 | serial))


def _serial(text: str, kind: int) -> int | None:
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return None
    return number & ((1 << 112) - 1) if number >> 112 == kind else None
