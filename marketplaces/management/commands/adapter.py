"""`adapter list`: what is known. `adapter map KEY RESOURCE FILE`: what our mapping makes of a payload."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplaces import registry
from marketplaces.services import payloads


class Command(BaseCommand):
    help = "Look at marketplaces: list them, or map a payload file without storing anything."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="every marketplace with its resources")
        mapping = actions.add_parser("map", help="print canonical rows of a payload as JSON")
        mapping.add_argument("marketplace")
        mapping.add_argument("resource")
        mapping.add_argument(
            "--context", action="append", default=[], metavar="KEY=VALUE",
            help="what the payload itself does not say, such as its store; as an archived page shows it",
        )  # fmt: skip
        mapping.add_argument("file", help="a file, or - for standard input; compressed or not")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            return self._list()
        try:
            mapper = registry.mapper(options["marketplace"], options["resource"])
            context = dict(_pair(given) for given in options["context"])
            with _opened(options["file"]) as stream:
                self._print(
                    payloads.map_stream(mapper, options["resource"], stream, name=options["file"], context=context)
                )
        except (LookupError, OSError) as error:
            raise CommandError(str(error)) from error
        return None

    def _list(self) -> None:
        for adapter in registry.all_adapters():
            self.stdout.write(f"{adapter.key:12} {adapter.label:20} {', '.join(r.key for r in adapter.resources)}")

    def _print(self, mapped: payloads.Mapped) -> None:
        """One JSON object, rows streamed, so that a large statement does not fill the memory."""
        self.stdout.write('{"rows": [', ending="")
        rejected = []
        first = True
        for kind, piece in mapped:
            if kind == "rejected":
                rejected.append(piece)
                continue
            self.stdout.write(("" if first else ",") + "\n" + json.dumps(piece, ensure_ascii=False), ending="")
            first = False
        self.stdout.write(f'],\n"rejected": {json.dumps(rejected, ensure_ascii=False)}}}')


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise CommandError(f"--context {given!r} is not of the form KEY=VALUE")
    return name, value


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == "-":
        yield sys.stdin.buffer
        return
    with open(name, "rb") as file:
        yield file
