"""`replay run 12 --tenant north`, `replay row 5 --tenant north`: from the archive, without asking the marketplace."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core import tenancy
from config.core.errors import NinefoldError
from marketplaces.models import RejectedRow, SyncRun
from marketplaces.sync import replay


class Command(BaseCommand):
    help = "Map archived pages again after a fix: those of a run, or the one of a rejected row."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["run", "row"])
        parser.add_argument("id", type=int)
        parser.add_argument("--tenant", default="", help="the client; may be left out where there is only one")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.in_tenant(options["tenant"] or _only_client()):
            try:
                done = _replay(options["what"], options["id"])
            except NinefoldError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(
                f"run {done.pk}: {done.pages} pages, {done.rows_read} rows read, {done.inserted} new, "
                f"{done.updated} changed, {done.unchanged} known, {done.rejected} rejected"
            )


def _replay(what: str, given: int) -> SyncRun:
    found = (SyncRun if what == "run" else RejectedRow).objects.filter(pk=given).first()
    if found is None:
        raise CommandError(f"this client has no {what} {given}")
    return replay.run(found) if isinstance(found, SyncRun) else replay.row(found)


def _only_client() -> str:
    tenants = tenancy.every_tenant()
    if len(tenants) != 1:
        raise CommandError("name the client by --tenant")
    return str(tenants[0].schema_name)
