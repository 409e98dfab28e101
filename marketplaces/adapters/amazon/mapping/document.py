"""What kind of file is this? Compression, character set, JSON or table: found from the bytes, never from a label."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from marketplaces.adapters.amazon.stores import find
from marketplaces.canonical import Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import LARGEST, UTF_16, Unreadable, parsed, unzipped

_CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DAMAGED = (EOFError, OSError, zlib.error)


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it came, which can be read from the start any number of times."""

    source: Callable[[], BinaryIO]
    context: Mapping[str, str] = field(default_factory=dict)

    def open(self) -> BinaryIO:
        """The bytes without compression; gzip is recognised by its first two bytes."""
        stream = self.source()
        magic = stream.read(2)
        stream.seek(0)
        return gzip.open(stream) if magic == b"\x1f\x8b" else stream  # type: ignore[return-value]

    def start(self) -> bytes:
        """The first bytes after white space and byte-order mark."""
        with self.open() as stream:
            head = stream.read(4096)
        if head.startswith(UTF_16):
            head = head.decode("utf-16", errors="ignore").encode()
        return head.removeprefix(codecs.BOM_UTF8).lstrip()

    def charset(self) -> str:
        """UTF-8 if the whole file is, else Windows 1252, else Shift JIS; damage is told here, before any row."""
        with self.open() as stream:
            head = stream.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        japanese = self.context.get("region") == "fe" or self.context.get("store") == "JP"
        order = ("utf-8", "cp932", "cp1252") if japanese else ("utf-8", "cp1252", "cp932")
        return next((name for name in order if self._decodes(name)), "latin-1")

    def _decodes(self, name: str) -> bool:
        decoder = codecs.getincrementaldecoder(name)()
        with self.open() as stream:
            try:
                while chunk := stream.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return False
        return True

    def json(self) -> Any:
        """The body as JSON with exact numbers."""
        with self.open() as stream:
            body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise Unreadable(f"the document is larger than {LARGEST} bytes; split it")
        return parsed(body.decode(self.charset(), errors="replace").lstrip("\ufeff"))


@dataclass(frozen=True, slots=True)
class Table:
    """A flat file: column names in one spelling, and rows that can be walked more than once."""

    document: Document
    charset: str
    columns: Mapping[str, int]

    @property
    def context(self) -> Mapping[str, str]:
        return self.document.context

    def rows(self) -> Iterator[list[str]]:
        """Rows after the header, padded to its width; blank rows and repeated headers are left out."""
        width = len(self.columns)
        lines = _cells(self.document, self.charset)
        header = next(lines)
        for cells in lines:
            if cells == header or not any(cells):
                continue
            if len(cells) < width:
                cells += [""] * (width - len(cells))
            yield cells

    def records(self) -> Iterator[Record]:
        for cells in self.rows():
            yield Record(self.columns, cells)


@dataclass(frozen=True, slots=True)
class Record:
    """One row by column name; the first name that has a column counts."""

    columns: Mapping[str, int]
    cells: list[str]

    def text(self, *names: str) -> str:
        for name in names:
            place = self.columns.get(name)
            if place is not None:
                return self.cells[place].strip()
        return ""

    def need(self, *names: str) -> str:
        value = self.text(*names)
        if not value:
            raise Unreadable(f"column {names[0]} is empty")
        return value

    @property
    def raw(self) -> dict[str, str]:
        return {name: self.cells[place] for name, place in self.columns.items() if self.cells[place]}


def column(name: str) -> str:
    """One spelling for a column name: lower case, hyphens for spaces and underscores."""
    return re.sub(r"[\s_-]+", "-", name.strip().strip('"').lstrip("\ufeff").casefold())


def table(document: Document, *needed: str) -> Table:
    """Read the header; a file without one of the needed columns is refused with their names."""
    charset = document.charset()
    header = next(_cells(document, charset), [])
    columns: dict[str, int] = {}
    for place, name in enumerate(header):
        columns.setdefault(column(name) or f"unnamed-{place}", place)
    missing = [name for name in needed if name not in columns]
    if missing:
        seen = ", ".join(list(columns)[:8]) or "nothing"
        raise Unreadable(f"the file has no column {', '.join(missing)}; it begins with {seen}")
    return Table(document, charset, columns)


def _cells(document: Document, charset: str) -> Iterator[list[str]]:
    """Cells of every line. Tabs mean that quotes are data; quoted headers and commas mean CSV."""
    with document.open() as stream, io.TextIOWrapper(stream, charset, errors="replace", newline="\n") as text:
        first = ""
        for first in text:
            if first.strip():
                break
        header = first.rstrip("\r\n")
        if "\t" in header and not header.lstrip("\ufeff").startswith('"'):
            yield header.split("\t")
            for line in text:
                yield line.rstrip("\r\n").split("\t")
            return
        mark = max("\t,;", key=header.count)
        yield from csv.reader([header], delimiter=mark)
        yield from csv.reader(text, delimiter=mark)


def parts(page: Page) -> Iterator[Document]:
    """The documents of a page: usually one; several reports of one pull travel as entries of a zip, named by store."""
    with page.open() as stream:
        is_archive = stream.read(4) == b"PK\x03\x04"
    if not is_archive:
        yield Document(page.open, page.context)
        return
    with unzipped(page) as entries:
        for name, opened in entries:
            store = find(name.partition(".")[0])
            yield Document(opened, {**page.context, "store": store.code} if store else page.context)


def read(
    page: Page,
    *,
    from_json: Callable[[Any, Mapping[str, str]], Iterator[Row | Rejected]] | None = None,
    from_table: Callable[[Document], Iterator[Row | Rejected]] | None = None,
) -> Iterator[Row | Rejected]:
    """Hand each document to the reader for its kind; what cannot be read at all becomes one rejected piece."""
    try:
        for document in parts(page):
            yield from _one(document, from_json, from_table)
    except _DAMAGED as error:
        yield Rejected(f"the file is damaged or cut short ({error}); download it again", "", code="damaged")
    except Unreadable as error:
        yield Rejected(str(error), "", code="damaged")


def _one(document: Document, from_json: Any, from_table: Any) -> Iterator[Row | Rejected]:
    start = document.start()
    shown = start[:400].decode("utf-8", errors="replace")
    try:
        if not start:
            raise Unreadable("the document is empty")
        if start[:1] == b"<":
            raise Unreadable("the document is a web page or XML, not data; the marketplace answered with an error page")
        if start[:1] in (b"{", b"["):
            if not from_json:
                raise Unreadable("the document is JSON, but this resource comes as a flat file")
            yield from from_json(document.json(), document.context)
        elif from_table:
            yield from from_table(document)
        else:
            raise Unreadable("the document is a flat file, but this resource comes as JSON")
    except ValueError as error:
        yield Rejected(str(error), shown, code="unreadable")
    except csv.Error as error:
        yield Rejected(f"the file is not a proper table: {error}", shown, code="unreadable")
