"""What is paid and kept: account statements as files, or receipts as the API tells them; the content says which."""

from __future__ import annotations

from collections.abc import Iterator

from marketplaces.adapters.otto.rows.receipts import receipts
from marketplaces.adapters.otto.rows.statements import statement
from marketplaces.canonical import Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import UTF_16, read_json, whole_page


@whole_page
def settlements(page: Page) -> Iterator[Row | Rejected]:
    """A Settlement and its lines per document."""
    with page.open() as stream:
        head = stream.read(512)
    start = head.decode("utf-16" if head.startswith(UTF_16) else "utf-8-sig", errors="ignore")
    is_json = start.lstrip()[:1] in ("{", "[")
    yield from receipts(read_json(page)) if is_json else statement(page)
