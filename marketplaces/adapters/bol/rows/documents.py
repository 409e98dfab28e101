"""Reads invoice documents piece by piece in bounded memory: a specification may have a million lines.

A document is the invoice list, one page of a specification, or what the client composes of both:
`{"invoice": {...}, "specification": [page, page, ...]}`.
"""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any, BinaryIO

from marketplaces.contract import Page
from marketplaces.pieces import UTF_16, Unreadable

CHUNK = 256 * 1024
MAX_PIECE = 4 * 1024 * 1024
_KEYS = {"invoice": "invoice", "invoiceListItems": "invoice", "invoiceSpecification": "line"}
_KEY = re.compile(r'"(invoice|invoiceListItems|invoiceSpecification)"\s*:\s*(?=[\[{])')
_LONGEST_KEY = 64
_DECODER = json.JSONDecoder(parse_float=Decimal)


def pieces(page: Page) -> Iterator[tuple[str, Any, str]]:
    """Yield ("invoice" | "line", object, its text as it came); raises Unreadable where the document breaks off."""
    with page.open() as raw:
        reader = _Reader(_decoded(raw))
        while (kind := reader.next_key()) is not None:
            yield from ((_KEYS[kind], *piece) for piece in reader.values())


def _decoded(raw: BinaryIO) -> IO[str]:
    encoding = _encoding(raw)
    raw.seek(0)
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")


def _encoding(raw: BinaryIO) -> str:
    """UTF-8 unless its first bytes, or a byte somewhere, say otherwise."""
    check = codecs.getincrementaldecoder("utf-8")()
    chunk = raw.read(CHUNK)
    if chunk.startswith(UTF_16):
        return "utf-16"
    try:
        while chunk:
            check.decode(chunk)
            chunk = raw.read(CHUNK)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


class _Reader:
    """A window over the text that decodes one JSON value at a time."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._text = ""
        self._at = 0
        self._is_done = False

    def next_key(self) -> str | None:
        """Move behind the next key that introduces something we read; None at the end of the document."""
        while True:
            found = _KEY.search(self._text, self._at)
            if found:
                self._at = found.end()
                return found.group(1)
            self._at = max(self._at, len(self._text) - _LONGEST_KEY)
            if not self._grow():
                return None

    def values(self) -> Iterator[tuple[Any, str]]:
        """The object here, or every element of the list here."""
        if self._text[self._at] == "{":
            yield self._value()
            return
        self._at += 1
        while self._sign() != "]":
            yield self._value()
        self._at += 1

    def _sign(self) -> str:
        """The next character that is neither space nor comma."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n,":
                    return self._text[self._at]
                self._at += 1
            if not self._grow():
                raise Unreadable("the document breaks off inside a list; fetch it again")

    def _value(self) -> tuple[Any, str]:
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if len(self._text) - self._at > MAX_PIECE or not self._grow():
                    raise Unreadable(f"the document is broken after what was read ({error}); fetch it again") from error
                continue
            raw, self._at = self._text[self._at : end], end
            return value, raw

    def _grow(self) -> bool:
        if self._is_done:
            return False
        chunk = self._stream.read(CHUNK)
        self._is_done = not chunk
        self._text, self._at = self._text[self._at :] + chunk, 0
        return bool(chunk)
