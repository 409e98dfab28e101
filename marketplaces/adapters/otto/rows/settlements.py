"""What is paid and kept: account statements as files, or receipts as the API tells them; the content says which."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

from marketplaces.adapters.otto.rows.reading import read_json
from marketplaces.adapters.otto.rows.receipts import receipts
from marketplaces.adapters.otto.rows.statements import statement
from marketplaces.canonical import Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import whole_page


@whole_page
def settlements(page: Page) -> Iterator[Row | Rejected]:
    """A Settlement and its lines per document."""
    with page.open() as stream:
        head = stream.read(512)
    if head.startswith(b"\x1f\x8b"):
        head = _unpacked(page)
    is_json = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
    yield from receipts(read_json(page)) if is_json else statement(page)


def _unpacked(page: Page) -> bytes:
    """The first bytes of a packed file; one that cannot be unpacked is left to the reader to refuse."""
    try:
        with page.open() as stream, gzip.GzipFile(fileobj=stream) as plain:
            return plain.read(512)
    except (OSError, EOFError, zlib.error):
        return b""
