"""Reading foreign JSON piece by piece: what cannot be read is rejected with a reason for a person. Pure."""

from __future__ import annotations

import codecs
import gzip
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import partial, wraps
from typing import Any, BinaryIO

from config.core.money import CurrencyMismatch, LossyAmount
from marketplaces.canonical import Rejected, Row
from marketplaces.contract import Page


class Unreadable(ValueError):
    """A piece of a payload that cannot become a row; the message is the reason for a person."""


UNREADABLE = (Unreadable, LossyAmount, CurrencyMismatch, ArithmeticError)
"""What a piece may raise when it is not what it should be."""
LARGEST = 256 * 1024 * 1024
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_OF_SYSTEMS = "__MACOSX/"


def whole_page(mapper: Callable[[Page], Iterator[Row | Rejected]]) -> Callable[[Page], Iterator[Row | Rejected]]:
    """A page that cannot be read at all becomes one Rejected instead of an exception; packed ones are unpacked first."""

    @wraps(mapper)
    def guarded(page: Page) -> Iterator[Row | Rejected]:
        try:
            for part in _unpacked(page):
                yield from mapper(part)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield _refused(f"the file is damaged or cut off ({error}); fetch it again", page)
        except (*UNREADABLE, OSError) as error:
            yield _refused(str(error), page)

    return guarded


def _refused(reason: str, page: Page) -> Rejected:
    return Rejected(reason, raw=None, code="unreadable_page", external_id=page.document_id)


def _unpacked(page: Page) -> Iterator[Page]:
    """The files of a zip, the content of a gzip file, or the page itself: its content says which, not its name."""
    with page.open() as stream:
        head = stream.read(4)
    if head.startswith(_GZIP):
        yield _Packed(**{each.name: getattr(page, each.name) for each in fields(page)})
    elif head == _ZIP:
        with unzipped(page) as entries:
            yield from (replace(page, body=_read(opened), path="") for _, opened in entries)
    else:
        yield page


def _read(opened: Callable[[], BinaryIO]) -> bytes:
    with opened() as stream:
        return stream.read()


@dataclass(frozen=True)
class _Packed(Page):
    """A page whose body is unpacked as it is read."""

    def open(self) -> BinaryIO:
        return gzip.open(Page.open(self))  # type: ignore[return-value]


@contextmanager
def unzipped(page: Page) -> Iterator[list[tuple[str, Callable[[], BinaryIO]]]]:
    """Name and opener of each file in a zip; Unreadable where it is damaged, locked, empty, or too large when unpacked."""
    try:
        with page.open() as stream, zipfile.ZipFile(stream) as archive:
            found = [entry for entry in archive.infolist() if not entry.is_dir()]
            found = [entry for entry in found if not entry.filename.startswith(_OF_SYSTEMS)]
            if not found or any(entry.flag_bits & 1 for entry in found):
                raise Unreadable("the zip file is empty, or locked with a password; send the file itself")
            if sum(entry.file_size for entry in found) > LARGEST:
                raise Unreadable(f"the zip file unpacks to more than {LARGEST} bytes; send the file itself")
            yield [(entry.filename, partial(archive.open, entry)) for entry in found]  # type: ignore[misc]
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise Unreadable(f"the zip file is damaged ({error}); send it again") from error


def read_text(page: Page) -> str:
    """The body as text: UTF-8 with or without its mark, UTF-16 with it, else Windows-1252."""
    with page.open() as stream:
        body = stream.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST} bytes; split it")
    if body.startswith(UTF_16):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def read_json(page: Page) -> Any:
    """The body as JSON with exact numbers, out of the envelope `{"payload": ...}` that some logs put around it."""
    body = parsed(read_text(page))
    return body["payload"] if isinstance(body, Mapping) and body.keys() == {"payload"} else body


def parsed(text: str) -> Any:
    """JSON with exact numbers; one value per line is the list of them. Unreadable where it is neither."""
    if not text.strip():
        raise Unreadable("the body is empty; fetch it again")
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2:
            raise Unreadable(f"the body is not JSON ({error}); check that it is the API's answer") from error
        return [_line(line, error) for line in lines]


def _line(line: str, why: Exception) -> Any:
    """A line of a file that is not JSON as a whole, for the reason given."""
    try:
        return json.loads(line, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Unreadable(f"the body is not JSON ({why}); check that it is the API's answer") from why


def record(value: Any, name: str) -> Mapping[str, Any]:
    """The value as an object; Unreadable where it is none."""
    if not isinstance(value, Mapping):
        raise Unreadable(
            f"{name} is {type(value).__name__} where an object is expected; check the resource and the file"
        )
    return value


def inner(piece: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The nested object, empty when it is null, left out or of another type."""
    value = piece.get(key)
    return value if isinstance(value, Mapping) else {}
