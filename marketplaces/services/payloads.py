"""Payloads that people have as files: mapped to look at, without an account, a client or a database."""

from __future__ import annotations

import mimetypes
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from config.core import clock
from config.core.errors import Rejected as Refused
from marketplaces import plain
from marketplaces.canonical import Rejected
from marketplaces.contract import Mapper, Page
from marketplaces.sync import apply

BLOCK = 1 << 18
IN_MEMORY = 8_000_000
_GZIP = b"\x1f\x8b"
_TYPES = {".json": "application/json", ".txt": "text/plain", ".tsv": "text/tab-separated-values", ".xml": "text/xml"}

Mapped = Iterator[tuple[str, dict[str, Any]]]


def map_stream(
    mapper: Mapper, resource: str, stream: BinaryIO, *, name: str = "", context: Mapping[str, str] | None = None
) -> Mapped:
    """Pairs of `rows` or `rejected` and the piece as plain JSON, in the order of the payload.

    `context` is what the body does not say and the mapping needs, as an archived page shows it.
    """
    try:
        with opened(resource, stream, name=name) as page:
            told = replace(page, context={**page.context, **(context or {})})
            for piece in apply.pieces(mapper, told):
                yield ("rejected", plain.rejected(piece)) if isinstance(piece, Rejected) else ("rows", plain.row(piece))
    except Refused as error:
        yield "rejected", plain.rejected(Rejected(str(error), name, code=error.code))


@contextmanager
def opened(resource: str, stream: BinaryIO, *, name: str = "", document_id: str = "") -> Iterator[Page]:
    """A page as if it had been downloaded, unpacked; a large one lies in a temporary file while the block runs.

    Compression is recognised by content, not by name; a gzip file that was cut off raises Rejected. The present moment
    goes along as `observed_at`, for answers that carry no date of their own.
    """
    seen = {"observed_at": clock.now().isoformat()}
    with tempfile.NamedTemporaryFile(prefix="ninefold-payload-") as whole:
        size = sum(whole.write(block) for block in _unpacked(stream))
        whole.flush()
        whole.seek(0)
        kind = media_type(name, whole.read(2000))
        whole.seek(0)
        if size <= IN_MEMORY:
            yield Page(resource=resource, body=whole.read(), media_type=kind, document_id=document_id, context=seen)
        else:
            yield Page(resource=resource, path=whole.name, media_type=kind, document_id=document_id, context=seen)


def _unpacked(stream: BinaryIO) -> Iterator[bytes]:
    block = stream.read(BLOCK)
    if block[:2] != _GZIP:
        while block:
            yield block
            block = stream.read(BLOCK)
        return
    opener = zlib.decompressobj(wbits=31)
    while block:
        yield _next(opener, block)
        rest = opener.unused_data
        if opener.eof and rest[:2] == _GZIP:
            opener, block = zlib.decompressobj(wbits=31), rest
            continue
        block = stream.read(BLOCK)
    if not opener.eof:
        raise Refused("the file is cut off: its gzip stream has no end; fetch it again", code="truncated")


def _next(opener: Any, block: bytes) -> bytes:
    try:
        return bytes(opener.decompress(block))
    except zlib.error as error:
        raise Refused(f"the file is damaged ({error}); fetch it again", code="damaged") from error


def media_type(name: str, start: bytes) -> str:
    """What the content looks like; the name decides only where the content does not."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "application/json"
    if text[:1] == b"<":
        return "text/xml"
    if b"\t" in start:
        return "text/tab-separated-values"
    return _TYPES.get(Path(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "text/csv"
