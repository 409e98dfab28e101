"""What a kind of sheet is: its columns, how its rows are judged together, and what applies them. Apps add theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from config.core.money import Money
from config.core.permissions import Action
from config.core.registry import Registry
from config.core.sheets.cells import Problem
from config.core.sheets.reading import Given, Layout

MANY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a good row says about one thing, and what holds now, each by field and as text.

    `approvals`: why a second person must agree. `effect`: money in 30 days at the pace of the last 30, plus towards us.
    """

    what: str
    values: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict)
    approvals: tuple[str, ...] = ()
    effect: Money | None = None

    @property
    def is_known(self) -> bool:
        """Whether everything that it says holds already."""
        return all(self.before.get(name, "") == value for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with what it says, or with every problem that was found in it."""

    given: Given
    said: Said | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """Who applies the rows of which sheet."""

    by: str
    source: str


class Row(Protocol):
    """A row that is applied: about `what`, with what it said by field."""

    row_no: int
    what: str
    cells: dict[str, Any]
    said: dict[str, Any]
    before: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of sheet. `apply` runs inside the transaction of the sheet and returns how many things it changed.

    `template` gives the header and rows of a sheet to fill in. `needs` is the right to upload and apply.
    """

    key: str
    label: str
    layout: Layout
    meaning: Mapping[str, str]
    needs: Action
    judge: Callable[[Sequence[Given]], list[Judged]]
    apply: Callable[[Sequence[Row], Applied], int]
    template: Callable[[], tuple[Sequence[str], Iterable[Sequence[Any]]]]


KINDS: Registry[Kind] = Registry("kind of sheet")


def problem_of_all(row_no: int, other: int, what: str) -> Problem:
    """Two rows about one thing: each is told the other's number."""
    return Problem(
        "row", f"rows {min(row_no, other)} and {max(row_no, other)} both speak of {what}", "keep one of them"
    )


def apart(judged: Sequence[Judged], thing: Callable[[Said], Hashable]) -> list[Judged]:
    """The same rows, but that those which speak of one thing are told each other's number and say nothing."""
    first: dict[Hashable, int] = {}
    against: dict[int, Problem] = {}
    for each in judged:
        if each.said is None:
            continue
        row_no, other = each.given.row_no, first.setdefault(thing(each.said), each.given.row_no)
        if other != row_no:
            against |= {told: problem_of_all(row_no, other, each.said.what) for told in (row_no, other)}
    return [Judged(e.given, None, (against[e.given.row_no],)) if e.given.row_no in against else e for e in judged]


def of_all(judged: Sequence[Judged], *, most: int = MANY) -> list[str]:
    """Why every row needs a second person: the sheet changes many things at once."""
    count = sum(1 for each in judged if each.said and not each.said.is_known)
    return [f"the sheet changes {count:,} rows, more than {most}"] if count > most else []
