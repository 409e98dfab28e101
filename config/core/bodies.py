"""Read the body of an answer within limits: gzip by its content and not by its label, never cut short unnoticed."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from config.core.errors import Rejected, Transient

CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b\x08"
_GZIP_WINDOW = 31


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes allowed on the wire and after unpacking; a large body may not unpack to more than `ratio` times."""

    wire: int
    unpacked: int
    ratio: int = 300


IN_MEMORY = Sizes(wire=32 * 2**20, unpacked=64 * 2**20)
TO_FILE = Sizes(wire=2 * 2**30, unpacked=8 * 2**30)


def unpacked(chunks: Iterator[bytes], sizes: Sizes) -> Iterator[bytes]:
    """The body's chunks, unpacked where they begin like gzip; Transient when cut short, Rejected when too large."""
    meter = _Meter(sizes)
    counted = meter.received(chunks)
    head = b""
    for chunk in counted:
        head += chunk
        if len(head) >= len(_GZIP):
            break
    rest = _chain(head, counted)
    yield from meter.given_out(_gunzip(rest) if head.startswith(_GZIP) else rest)


def to_file(chunks: Iterator[bytes]) -> str:
    """Write to a file that the caller deletes, and return its path; a download that breaks off leaves none."""
    with ExitStack() as undo:
        target = undo.enter_context(tempfile.NamedTemporaryFile(prefix="body-", delete=False))
        undo.callback(Path(target.name).unlink)
        target.writelines(chunks)
        target.close()
        undo.pop_all()
    return target.name


def _chain(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _gunzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack one gzip member after another; padding of zeros after the last is allowed."""
    packer = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        waiting = chunk
        while waiting := waiting.lstrip(b"\0") if packer.eof else waiting:
            packer = zlib.decompressobj(_GZIP_WINDOW) if packer.eof else packer
            yield _inflate(packer, waiting)
            waiting = packer.unused_data or packer.unconsumed_tail
    if not packer.eof:
        yield packer.flush()
    if not packer.eof:
        raise Transient("the packed body ended early; it will be fetched again", code="truncated")


def _inflate(packer: zlib._Decompress, data: bytes) -> bytes:
    try:
        return packer.decompress(data, CHUNK * 16)
    except zlib.error as error:
        raise Transient(f"the packed body is damaged ({error}); it will be fetched again", code="damaged") from error


class _Meter:
    """Counts what came in and what goes out."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.wire = 0
        self.out = 0

    def received(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.wire += len(chunk)
            if self.wire > self.sizes.wire:
                raise Rejected(f"the body is larger than {self.sizes.wire} bytes", code="too_large")
            yield chunk

    def given_out(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.out += len(chunk)
            if self.out > self.sizes.unpacked or (self.out > 8 * 2**20 and self.out > self.wire * self.sizes.ratio):
                raise Rejected(f"the body unpacks to more than is allowed after {self.wire} bytes", code="too_large")
            yield chunk
