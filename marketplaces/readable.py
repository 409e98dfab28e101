"""Stored bodies as text for a person: unpacked, JSON laid out, long ones cut with a word about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SHOWN = 40_000


@dataclass(frozen=True, slots=True)
class Text:
    """What is shown of a body; `left_out` counts the characters beyond."""

    text: str
    left_out: int = 0


def of(body: bytes | memoryview | None) -> Text:
    """A body as it is stored, which is never compressed any more when it comes here."""
    raw = bytes(body or b"")
    try:
        return _cut(laid_out(json.loads(raw.decode("utf-8-sig"), parse_float=str)))
    except ValueError:
        return _cut(raw.decode("utf-8-sig", "replace"))


def laid_out(value: Any) -> str:
    """JSON over several lines, its keys in the order given."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _cut(text: str) -> Text:
    return Text(text[:SHOWN], max(0, len(text) - SHOWN))
