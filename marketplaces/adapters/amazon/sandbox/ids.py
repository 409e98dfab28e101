"""World serials as their ids, and back. Every id can be read back, so nothing needs to be remembered."""

from __future__ import annotations

import string

from marketplaces.contract import Store

_DIGITS = string.digits + string.ascii_uppercase
_PREFIXES = {"DE": "305", "FR": "406", "IT": "407", "ES": "408", "NL": "402", "TR": "409", "AE": "410", "AU": "250"}


def order_id(serial: int, store: Store) -> str:
    return f"{_PREFIXES.get(store.code, '113')}-{serial // 10**7:07d}-{serial % 10**7:07d}"


def order_serial(order_id: str) -> int:
    """The serial of an order id; -1 when it cannot be one."""
    parts = order_id.split("-")
    is_one = len(parts) == 3 and all(part.isdigit() for part in parts)
    return int(parts[1]) * 10**7 + int(parts[2]) if is_one else -1


def line_id(serial: int) -> str:
    return f"6{serial:013d}"


def line_serial(line_id: str) -> int:
    return int(line_id[1:]) if line_id.isdigit() and len(line_id) > 1 else -1


def item_id(serial: int) -> str:
    """An ASIN: B0 and eight digits of base 36."""
    return "B0" + _base36(serial * 7919 % 36**8, 8)


def unit_id(serial: int) -> str:
    return "X0" + _base36(serial * 6007 % 36**8, 8)


def settlement_id(serial: int) -> str:
    return f"9{serial:011d}"


def seller_id(serial: int) -> str:
    return f"A2{_base36(serial * 104_729 % 36**10, 10)}"


def _base36(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text
