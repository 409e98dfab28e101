"""The top of the tree is what the brief fixes, and no room stands empty."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.architecture.source import PACKAGES, ROOT

FOLDERS = {*PACKAGES, "templates", "tests", "bench"}
FILES = {"manage.py", "requirements.txt", "README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml", "openapi.json"}
MADE_HERE = {"__pycache__", "staticfiles"}


def kept(folder: Path) -> list[Path]:
    """What stands in a folder, but for what is hidden or made by running."""
    return [path for path in folder.iterdir() if not path.name.startswith(".") and path.name not in MADE_HERE]


def files(folder: Path) -> list[Path]:
    return [file for path in kept(folder) for file in (files(path) if path.is_dir() else [path])]


def test_the_top_holds_what_the_brief_fixes_and_otherwise_only_files_about_files():
    folders = {path.name for path in kept(ROOT) if path.is_dir()}
    assert folders - FOLDERS == set()
    assert FOLDERS - folders <= {"advertising"}
    assert {path.name for path in kept(ROOT)} - folders == FILES


def test_no_package_holds_nothing_but_empty_files():
    sizes: dict[str, int] = defaultdict(int)
    for file in files(ROOT):
        for room in file.relative_to(ROOT).parents[:-1]:
            sizes[room.as_posix()] += file.stat().st_size
    assert [room for room, size in sorted(sizes.items()) if not size] == []


def test_no_file_is_empty_but_those_that_make_a_folder_a_package():
    empty = [file.relative_to(ROOT).as_posix() for file in files(ROOT) if not file.stat().st_size]
    assert [name for name in empty if not name.endswith(("__init__.py", "py.typed"))] == []
