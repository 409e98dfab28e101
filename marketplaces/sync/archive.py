"""Keeps every page as it came but for its buyers, once by content; documents that came as a file stay files."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.core import clock, redaction, tenancy
from marketplaces.contract import Page
from marketplaces.models import RawPage, SyncRun

BLOCK = 1 << 20
MOST_SUBJECTS = 5_000
_MARK = """
    UPDATE marketplaces_rawpage SET applied_at = %s, subjects = (
        SELECT coalesce(array_agg(DISTINCT s), '{}') FROM unnest(subjects || %s::varchar[]) AS s)
    WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """An archived page: its id, whether it is new to us, its content while that is still at hand, and which it was."""

    id: int
    page: Page | None
    is_new: bool
    position: int


def store(run: SyncRun, pages: Sequence[Page], *, start: int = 0) -> list[Stored]:
    """Keep pages of one run; a page that is known by content is not written again. Order is kept.

    `start` is how many pages of the run came before.
    """
    if not pages:
        return []
    keys = [digest(page) for page in pages]
    drafts, places = dict(zip(keys, pages, strict=True)), {key: place for place, key in enumerate(keys, start)}
    mine = RawPage.objects.filter(account=run.account_id, resource=run.resource, sha256__in=drafts)
    known = set(mine.values_list("sha256", flat=True))
    new = [_draft(run, key, page) for key, page in drafts.items() if key not in known]
    RawPage.objects.bulk_create(new, ignore_conflicts=True)
    ids = dict(mine.values_list("sha256", "id"))
    return [Stored(ids[key], page, key not in known, places[key]) for key, page in drafts.items()]


def digest(page: Page) -> str:
    """Content and context together: the same body about another storefront is another page."""
    found = hashlib.sha256(json.dumps(dict(page.context), sort_keys=True).encode())
    with page.open() as stream:
        while block := stream.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _draft(run: SyncRun, sha256: str, page: Page) -> RawPage:
    body = None if page.path else redaction.without_people(page.body)
    size = Path(page.path).stat().st_size if body is None else len(body)
    return RawPage(
        account_id=run.account_id, resource=run.resource, run=run, sha256=sha256, media_type=page.media_type[:120],
        context=dict(page.context), document_id=page.document_id[:300], size=size, fetched_at=clock.now(),
        body=None if body is None else zlib.compress(body, 6),
        path=_keep_file(run, sha256, page) if page.path else "",
    )  # fmt: skip


def _keep_file(run: SyncRun, sha256: str, page: Page) -> str:
    """Copy a document under the client's folder, compressed; written beside and moved, so that no half file remains."""
    relative = tenancy.file_path(str(run.account_id), f"{sha256}.gz")
    target = folder() / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    with page.open() as source, gzip.open(draft, "wb", compresslevel=5) as kept:
        shutil.copyfileobj(source, kept, BLOCK)
    draft.replace(target)
    return str(relative)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "raw"


@contextmanager
def opened(raw: RawPage) -> Iterator[Page]:
    """The page again as it came; a large document lies in a temporary file while the block runs."""
    facts = {"resource": raw.resource, "media_type": raw.media_type, "context": raw.context}
    if not raw.path:
        yield Page(body=zlib.decompress(bytes(raw.body or b"")), document_id=raw.document_id, **facts)
        return
    with tempfile.NamedTemporaryFile(prefix="ninefold-page-") as copy:
        with gzip.open(folder() / raw.path, "rb") as kept:
            shutil.copyfileobj(kept, copy, BLOCK)
        copy.flush()
        yield Page(path=copy.name, document_id=raw.document_id, **facts)


@contextmanager
def content(stored: Stored) -> Iterator[Page]:
    """The page at hand, else the archived one."""
    if stored.page is not None:
        yield stored.page
        return
    with opened(RawPage.objects.get(pk=stored.id)) as page:
        yield page


def mark_applied(subjects: Iterable[tuple[int, set[str]]]) -> None:
    """Note that the rows of these pages are stored, and what the pages speak of (at most 5,000 subjects each)."""
    now = clock.now()
    values = [(now, sorted(found)[:MOST_SUBJECTS], page_id) for page_id, found in sorted(subjects)]
    with connection.cursor() as cursor:
        cursor.executemany(_MARK, values)


def documents(account_id: int, resource: str) -> frozenset[str]:
    """Ids of documents whose rows are stored already."""
    found = RawPage.objects.filter(account=account_id, resource=resource, applied_at__isnull=False)
    return frozenset(found.exclude(document_id="").values_list("document_id", flat=True))


def prune(limit: datetime, marketplace: str, resources: Sequence[str]) -> int:
    """Delete pages fetched before `limit`, with their files, unless a rejected row still needs them."""
    found = RawPage.objects.filter(account__marketplace=marketplace, resource__in=resources, fetched_at__lt=limit)
    found = found.filter(rejected_rows__isnull=True).only("id", "path")
    return sum(_drop(raw) for raw in found.iterator(chunk_size=500))


def _drop(raw: RawPage) -> int:
    """The row goes first: a crash between the two leaves a file that nobody names, never a page without its content."""
    raw.delete()
    if raw.path:
        (folder() / raw.path).unlink(missing_ok=True)
    return 1
