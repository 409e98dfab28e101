"""Archived documents for those who keep them longer than the archive does."""

from __future__ import annotations

import shutil
from pathlib import Path

from marketplaces.models import RawPage
from marketplaces.sync import archive


def copy(page_id: int, target: Path) -> RawPage | None:
    """Write a document as it is archived to a file; None when it is past retention."""
    page = RawPage.objects.filter(pk=page_id).first()
    if page is None:
        return None
    with archive.opened(page) as found, found.open() as stream, target.open("wb") as kept:
        shutil.copyfileobj(stream, kept)
    return page
