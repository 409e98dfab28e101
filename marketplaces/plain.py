"""Canonical rows as plain JSON values, for people, samples and files mailed in: exact, and the same every time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from config.core.money import Money
from marketplaces.canonical import Rejected, Row


def row(value: Row) -> dict[str, Any]:
    """One canonical row: its type's name as `type`, then every field, unknown ones as null."""
    return {"type": type(value).__name__, **{f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}}


def rejected(value: Rejected) -> dict[str, Any]:
    """One piece that could not become a row: the reason, and the piece as it came."""
    return {"reason": plain(value.reason), "raw": plain(value.raw)}


def plain(value: Any) -> Any:
    """Any value inside a row as JSON: decimals as text, money with its currency, times in UTC, NUL taken out."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, Money):
        return {"amount": format(value.amount, "f"), "currency": value.currency}
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _nested(value)


def _nested(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def dumps(value: Any) -> str:
    """Stable JSON text of any value of a row."""
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)
