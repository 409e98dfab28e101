"""Pages from the client into the archive, a block at a time, so that a crash loses no page that was paid for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from config.core.errors import NinefoldError
from marketplaces.contract import Page
from marketplaces.models import SyncRun
from marketplaces.sync import archive

BLOCK_PAGES = 50
BLOCK_BYTES = 8_000_000
HELD_BYTES = 48_000_000


def archived(pages: Iterable[Page], run: SyncRun, *, into: list[archive.Stored]) -> None:
    """Read all pages to the end and archive them; bodies beyond 48 MB are dropped and read again when needed."""
    held = start = 0
    for block in _blocks(pages):
        for item in archive.store(run, block, start=start):
            held += len(item.page.body) if item.page else 0
            into.append(item if held <= HELD_BYTES else _let_go(item))
        start += len(block)
        run.pages, run.new_pages = len(into), sum(item.is_new for item in into)


def _blocks(pages: Iterable[Page]) -> Iterator[list[Page]]:
    block: list[Page] = []
    size = 0
    try:
        for page in pages:
            block.append(page)
            size += len(page.body)
            if len(block) >= BLOCK_PAGES or size >= BLOCK_BYTES:
                yield block
                block, size = [], 0
    except NinefoldError:
        yield block
        raise
    yield block


def _let_go(item: archive.Stored) -> archive.Stored:
    return item if item.page is None or item.page.path else replace(item, page=None)


def discard(stored: Sequence[archive.Stored]) -> None:
    """Delete the downloaded files behind pages; the archive has its own copies."""
    for item in stored:
        if item.page is not None and item.page.path:
            Path(item.page.path).unlink(missing_ok=True)
