"""An invoice with all pages of its specification as one document, its bytes as they came."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from typing import IO

from marketplaces.adapters.bol import endpoints
from marketplaces.adapters.bol.auth import Api
from marketplaces.adapters.bol.rows.documents import pieces
from marketplaces.contract import Page, Window

LONGEST_SPAN = timedelta(days=30)
IN_MEMORY = 4 * 1024 * 1024
MOST_PAGES = 1000


def invoice_pages(api: Api, window: Window) -> Iterator[Page]:
    """Every invoice of the window that is not stored yet; the list takes at most 31 days at once."""
    done = set(window.seen)
    since = window.since
    while since < window.until:
        until = min(since + LONGEST_SPAN, window.until)
        params = {"period-start-date": since.date().isoformat(), "period-end-date": until.date().isoformat()}
        listed = Page(resource="settlements", body=api.call(endpoints.INVOICES, params=params).body)
        for _, header, raw in pieces(listed):
            invoice_id = str(header.get("invoiceId", ""))
            if invoice_id and invoice_id not in done:
                done.add(invoice_id)
                yield _document(api, invoice_id, raw)
        since = until


def _document(api: Api, invoice_id: str, header: str) -> Page:
    """`{"invoice": header, "specification": [page, ...]}`, in a file when it is large."""
    kept = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed on as a file when it is large
    kept.write(b'{"invoice":' + header.encode() + b',"specification":[')
    for number in range(1, MOST_PAGES):
        body = api.call(endpoints.SPECIFICATION, parts={"id": invoice_id}, params={"page": number}).body
        if next(pieces(Page(resource="settlements", body=body)), None) is None:
            break
        kept.write((b"," if number > 1 else b"") + body)
    kept.write(b"]}")
    return _page(kept, invoice_id)


def _page(kept: IO[bytes], invoice_id: str) -> Page:
    size = kept.tell()
    kept.seek(0)
    if size <= IN_MEMORY:
        return Page(resource="settlements", body=kept.read(), document_id=invoice_id)
    with tempfile.NamedTemporaryFile(prefix="invoice-", suffix=".json", delete=False) as file:
        while chunk := kept.read(IN_MEMORY):
            file.write(chunk)
    return Page(resource="settlements", path=file.name, document_id=invoice_id)
