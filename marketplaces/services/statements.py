"""A statement file that a client mails in takes the way of one that was downloaded: archive, mapping, sinks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.core.errors import Rejected
from marketplaces.models import Account, RunReason, RunState, SyncRun
from marketplaces.services import payloads, pulls

RESOURCE = "settlements"


def import_file(account: Account, file: Path) -> SyncRun:
    """Store a statement; the same file again changes nothing, so the page says nothing of the moment it is read.

    A file that cannot be read raises Rejected with why.
    """
    with (
        file.open("rb") as stream,
        payloads.opened(RESOURCE, stream, name=file.name, document_id=f"file:{file.name}"[:300]) as page,
    ):
        timeless = replace(page, context={})
        run = pulls.take_in(account, RESOURCE, [timeless], reason=RunReason.FILE)
    if run.state != RunState.OK:
        raise Rejected(run.error, code=run.code)
    return run
