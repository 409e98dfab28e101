"""A statement file that a client mails in takes the way of one that was downloaded: archive, mapping, sinks."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

from config.core.errors import Rejected
from marketplaces import registry
from marketplaces.canonical import Rejected as Piece
from marketplaces.contract import Page
from marketplaces.models import Account, RunReason, RunState, SyncRun
from marketplaces.services import payloads, pulls
from marketplaces.sync import apply

RESOURCE = "settlements"
LOOKED_AT = 100


def import_file(account: Account, file: Path) -> SyncRun:
    """Store a statement; the same file again changes nothing, so the page says nothing of the moment it is read.

    A file that is no statement of this marketplace raises Rejected with why, and nothing of it is kept.
    """
    with (
        file.open("rb") as stream,
        payloads.opened(RESOURCE, stream, name=file.name, document_id=f"file:{file.name}"[:300]) as page,
    ):
        timeless = replace(page, context={})
        _expect_statement(account, timeless)
        run = pulls.take_in(account, RESOURCE, [timeless], reason=RunReason.FILE)
    if run.state != RunState.OK:
        raise Rejected(run.error, code=run.code)
    return run


def _expect_statement(account: Account, page: Page) -> None:
    """Raise Rejected when none of the first pieces of a file can be read: another document, or an error page."""
    refused = None
    for piece in islice(apply.pieces(registry.mapper(account.marketplace, RESOURCE), page), LOOKED_AT):
        if not isinstance(piece, Piece):
            return
        refused = refused or piece
    why = refused.reason if refused else "it holds no row"
    raise Rejected(f"this is no statement of {account.label}: {why}", code=refused.code if refused else "empty")
