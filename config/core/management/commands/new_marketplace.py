"""Begin a marketplace: copy the example adapter under a new key. Nothing outside the new folder changes."""

import keyword
import re
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplaces import registry

TEMPLATE = "_example"
KEY = re.compile(r"[a-z][a-z0-9_]{1,29}")
TEXTS = {".py", ".md", ".json", ".csv", ".txt"}


class Command(BaseCommand):
    help = "Copy the example adapter to a new folder, with the key in the place of its name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="lower-case letters, digits and underscores; the name of the folder")
        parser.add_argument("--into", type=Path, default=registry.FOLDER, help="another folder, for a trial")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = create(options["key"], options["into"])
        self.stdout.write(
            f"{folder} is ready; its README.md says what to fill, and `make test A={options['key']}` what is missing"
        )


def create(key: str, into: Path) -> Path:
    """Copy the example; a key that is malformed, reserved or taken is refused and nothing is written."""
    if not KEY.fullmatch(key) or keyword.iskeyword(key):
        raise CommandError(f"{key!r} is no key: use 2 to 30 lower-case letters, digits and underscores, a letter first")
    target = into / key
    if target.exists() or registry.known(key):
        raise CommandError(f"{key!r} exists already; choose another key or work on {target}")
    shutil.copytree(registry.FOLDER / TEMPLATE, target, ignore=shutil.ignore_patterns("__pycache__"))
    for file in sorted(target.rglob("*")):
        if file.suffix in TEXTS:
            file.write_text(renamed(file.read_text(), key))
    return target


def renamed(text: str, key: str) -> str:
    """The text with the key for the folder's name and for the word, and its label for the capitalised word."""
    label = key.replace("_", " ").title()
    return text.replace(TEMPLATE, key).replace("Example", label).replace("example", key)
