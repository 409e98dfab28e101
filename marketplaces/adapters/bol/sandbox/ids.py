"""bol's ids from the serials of the world, and back. A text that is not one of ours gives None."""

from __future__ import annotations

import re
import uuid

_OFFERS = 0xB01 << 96


def order_id(serial: int) -> str:
    return f"C{serial:010d}"


def order_serial(text: str) -> int | None:
    return _serial(r"C0*(\d+)", text)


def line_id(serial: int) -> str:
    return f"77{serial}"


def line_serial(text: str) -> int | None:
    return _serial(r"77(\d+)", text)


def shipment_id(serial: int) -> str:
    """A simulated order has one shipment."""
    return f"9{serial:011d}"


def shipped_serial(text: str) -> int | None:
    return _serial(r"90*(\d+)", text)


def offer_id(serial: int) -> str:
    return str(uuid.UUID(int=_OFFERS | serial))


def offer_serial(text: str) -> int | None:
    try:
        number = uuid.UUID(text).int
    except ValueError:
        return None
    return number ^ _OFFERS if number >> 96 == 0xB01 else None


def invoice_id(serial: int) -> str:
    return f"9{serial:010d}"


def invoice_serial(text: str) -> int | None:
    return _serial(r"90*(\d+)", text)


def warehouse_id(product_serial: int) -> str:
    return f"299{product_serial:010d}"


def _serial(pattern: str, text: str) -> int | None:
    found = re.fullmatch(pattern, text)
    return int(found.group(1)) if found else None
