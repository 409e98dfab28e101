"""`manage.py reset`: end what runs here and delete all local data; the next start begins anew."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.core import embedded


class Command(BaseCommand):
    help = "Delete all local data of this machine: databases, queues, files, keys, the simulated history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"] and sys.stdin.isatty() and input(f"Delete {settings.DATA_DIR}? [y/N] ") != "y":
            self.stdout.write("nothing was deleted")
            return
        embedded.reset(settings.DATA_DIR)
        self.stdout.write(f"deleted {settings.DATA_DIR}")
