"""What can be said of a row before anybody knows what its columns mean. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from config.core.sheets import cells
from config.core.sheets.cells import Problem
from config.core.sheets.reading import Given

EMPTY = Problem("row", "the row is empty", "delete it")


def shape(row: Given) -> Iterator[Problem]:
    """What is wrong with the row before its cells are read."""
    if row.beyond:
        todo = "put quotes around a value that holds the separator, such as a comma"
        yield Problem("row", f"{row.beyond[0]!r} stands beyond the last column", todo)
    for name, text in row.cells.items():
        if cells.is_formula(text):
            yield Problem(name, f"holds the formula {text!r}; formulas are never run", "paste the value instead")


def values(row: Given, readers: Mapping[str, Callable[[str], Any]]) -> tuple[dict[str, Any], list[Problem]]:
    """What each column says by its reader, and every problem of the row; a column with a problem says nothing."""
    found = list(shape(row))
    told = {problem.column for problem in found}
    said: dict[str, Any] = {}
    for name, read in readers.items():
        if name in told:
            continue
        try:
            said[name] = read(cells.unquoted(row.cells.get(name, "")))
        except Problem as problem:
            found.append(problem)
    return said, found
