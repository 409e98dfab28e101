"""Python values as lines of PostgreSQL's COPY text format, written column by column.

Text may not hold NUL, and UTF-8 no lone surrogate: the first are dropped, the second become question marks, because one
odd character in a title must not stop ten thousand rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from config.core.money import LossyAmount

NULL = "\\N"
ROWS_AT_ONCE = 500

Write = Callable[[Sequence[Any]], list[str]]
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x00": None})


def chunks(rows: Iterable[Sequence[Any]], writers: Sequence[Write]) -> Iterator[tuple[int, bytes]]:
    """Pairs of a number of rows and the bytes that say them."""
    source = iter(rows)
    while batch := list(islice(source, ROWS_AT_ONCE)):
        columns = list(zip(*batch, strict=True))
        words = [_words(column, write) for column, write in zip(columns, writers, strict=True)]
        text = _lines(words)
        nulls = sum(column.count(None) for column, said in zip(columns, words, strict=True) if NULL in said)
        if not _is_plain(text, len(batch), len(columns), nulls):
            text = _lines([_escaped(column, said) for column, said in zip(columns, words, strict=True)])
        yield len(batch), text.encode("utf-8", "replace")


def writer(type_name: str) -> Write:
    """How a column without nulls is written, by the name of its PostgreSQL type (`_text` is an array of text)."""
    return _arrays if type_name.startswith("_") else _WRITERS.get(type_name, _texts)


def _words(column: Sequence[Any], write: Write) -> list[str]:
    if NoneType not in set(map(type, column)):
        return write(column)
    words = iter(write([value for value in column if value is not None]))
    return [NULL if value is None else next(words) for value in column]


def _escaped(column: Sequence[Any], words: list[str]) -> list[str]:
    pairs = zip(column, words, strict=True)
    return [NULL if value is None else word.translate(_ESCAPES) for value, word in pairs]


def _lines(words: list[list[str]]) -> str:
    return "\n".join(map("\t".join, zip(*words, strict=True))) + "\n"


def _is_plain(text: str, rows: int, columns: int, nulls: int) -> bool:
    """Whether all special characters in the text are those we put there ourselves."""
    return (
        text.count("\\") == nulls
        and text.count("\t") == rows * (columns - 1)
        and text.count("\n") == rows
        and "\r" not in text
        and "\x00" not in text
    )


def _texts(values: Sequence[Any]) -> list[str]:
    return list(map(str, values))


def _numbers(values: Sequence[Any]) -> list[str]:
    if float in set(map(type, values)):
        raise LossyAmount("a float was given for an exact number; land the original text as a Decimal instead")
    return list(map(str, values))


def _moments(values: Sequence[Any]) -> list[str]:
    if any(value.tzinfo is None for value in values):
        raise ValueError("a moment without time zone was given; all times are aware")
    return list(map(str, values))


def _arrays(values: Sequence[Any]) -> list[str]:
    return ["{" + ",".join("NULL" if item is None else _quoted(str(item)) for item in array) + "}" for array in values]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bytes(values: Sequence[Any]) -> list[str]:
    return ["\\x" + bytes(value).hex() for value in values]


def _jsons(values: Sequence[Any]) -> list[str]:
    return [_json(value) if value else _EMPTY.get(type(value)) or _encode(value) for value in values]


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be said in JSON")


_EMPTY: dict[type, str] = {dict: "{}", list: "[]", tuple: "[]"}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain).encode


def _json(value: Any) -> str:
    """JSON without escaped NULs; exact numbers and times become text."""
    if isinstance(value, Json | Jsonb):
        value = value.obj
    text = _encode(value)
    return _encode(_without_nul(value)) if "\\u0000" in text else text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list | tuple) else value


_WRITERS: dict[str, Write] = {
    "numeric": _numbers,
    "timestamptz": _moments,
    "json": _jsons,
    "jsonb": _jsons,
    "bytea": _bytes,
}
