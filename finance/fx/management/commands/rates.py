"""`manage.py rates [FILE]`: bring the exchange rates up to today, or take them from a file of the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.core.errors import NinefoldError
from finance.fx import services, store
from finance.fx.sources import UnreadableRates


class Command(BaseCommand):
    help = "Bring the exchange rates up to today, or import the bank's CSV (also zipped) or XML from a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="eurofxref-hist.zip, .csv or .xml of the bank")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["file"]
        try:
            stored = services.import_file(file) if file else services.refresh()["stored"]
        except (NinefoldError, UnreadableRates, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{stored} rates are new or corrected; the last ones are of {store.latest_day()}")
