"""JSON with exact numbers: a Decimal is written digit by digit, never by way of a float."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

_EXACT = re.compile(r'"\\u0000([^"]*)\\u0000"')


def exact_json(value: Any) -> bytes:
    """JSON in which a Decimal is a number with all its digits."""
    text = json.dumps(value, default=_marked, separators=(",", ":"))
    return _EXACT.sub(r"\1", text).encode()


def _marked(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return f"\0{value:f}\0"
    raise TypeError(f"{value!r} cannot be said in JSON")
