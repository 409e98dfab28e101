"""Words, pictures and switches of an offer: one spelling of each, and when what is shown counts as what was written. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from html.parser import HTMLParser
from typing import Any

LISTS = frozenset({"bullets", "images"})
SHOWN = 120
_DECIMALS = re.compile(r"\d+\.\d+")
ATTRIBUTES, SWITCH = "attributes", "on_hold"


class Noise(StrEnum):
    """What a marketplace alters in a text by itself: runs of white space, tags and entities, or zeros behind decimals."""

    SPACES = "spaces"
    ZEROS = "zeros"
    MARKUP = "markup"


def spelled(field: str, value: Any) -> str:
    """The value as it is stored: a text without white space around it, `yes` or `no`, or JSON; raises ValueError."""
    if field in LISTS:
        return _dumped([_line(piece) for piece in _given(value, list)])
    if field == ATTRIBUTES:
        return _dumped({_line(name): _line(said) for name, said in _given(value, dict).items()})
    text = str(value).strip()
    if field == SWITCH and text not in ("yes", "no"):
        raise ValueError(f"{text!r} is neither yes nor no")
    return text


def read(field: str, text: str) -> Any:
    """A stored value as a payload carries it: a list of texts, texts by name, or a text."""
    return json.loads(text) if field in LISTS or field == ATTRIBUTES else text


def told(value: Any) -> str:
    """A value as people read it, cut where it is long."""
    if isinstance(value, Mapping):
        value = "; ".join(f"{name}: {said}" for name, said in value.items())
    text = " | ".join(value) if isinstance(value, list) else str(value)
    return f"{text[:SHOWN]}…" if len(text) > SHOWN else text


def _given(value: Any, kind: type) -> Any:
    try:
        found = json.loads(value) if isinstance(value, str) else list(value) if isinstance(value, tuple) else value
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(found, kind):
        raise ValueError(f"a {'list of texts' if kind is list else 'text for each name'} is expected")
    return found


def _line(piece: Any) -> str:
    if not isinstance(piece, str) or not piece.strip():
        raise ValueError(f"{piece!r} is not a text")
    return piece.strip()


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def is_shown(field: str, shown: Any, wanted: Any, alters: frozenset[Noise]) -> bool:
    """Whether what a marketplace shows is what was wanted, apart from what it alters by itself.

    Of attributes those that were wanted must be shown; it may show more.
    """
    if shown is None:
        return False
    if field == ATTRIBUTES:
        told = shown if isinstance(shown, Mapping) else {}
        return all(is_shown("", told.get(name), said, alters) for name, said in wanted.items())
    if field in LISTS:
        return len(shown) == len(wanted) and all(
            is_shown("", one, other, alters) for one, other in zip(shown, wanted, strict=True)
        )
    return plain(str(shown), alters) == plain(str(wanted), alters)


def plain(text: str, alters: frozenset[Noise]) -> str:
    """A text without what a marketplace alters."""
    if Noise.MARKUP in alters:
        reader = _Words()
        reader.feed(text)
        reader.close()
        text = " ".join(reader.found)
    if Noise.ZEROS in alters:
        text = _DECIMALS.sub(lambda number: number[0].rstrip("0").rstrip("."), text)
    return " ".join(text.split()) if alters else text


class _Words(HTMLParser):
    """Collects what stands between tags; entities become what they mean."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)
