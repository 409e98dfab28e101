"""Every row of a cost sheet, seen together with all others: what it says, or what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial

from config.core.sheets import cells, rows
from config.core.sheets.cells import Problem
from config.core.sheets.reading import Given
from finance.cost_sheets.columns import AMOUNTS, COLUMNS, MARK

LONGEST_VENDOR = 120
NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What rows are judged by. `alike` names a SKU like one that does not exist; `closed_until` is the last day of the
    months that are locked for every account, None where there is none."""

    skus: Mapping[str, int]
    alike: Mapping[str, str] = field(default_factory=dict)
    warehouses: Mapping[str, int] = field(default_factory=dict)
    currencies: frozenset[str] = frozenset({"EUR"})
    closed_until: date | None = None
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a good row says; amounts per piece, positive, without VAT."""

    sku_id: int
    warehouse_id: int | None
    vendor: str
    currency: str
    valid_from: date
    amounts: tuple[Decimal, ...]
    vat_rate: Decimal | None
    is_end: bool

    @property
    def key(self) -> tuple[object, ...]:
        return self.sku_id, self.warehouse_id, self.currency, self.vendor, self.valid_from


@dataclass(frozen=True, slots=True)
class Judged:
    """A row with what it says, or with every problem that was found in it."""

    given: Given
    said: Said | None
    problems: tuple[Problem, ...] = ()


def judge(given: Sequence[Given], known: Known) -> list[Judged]:
    """All rows in the order of the file; one that repeats or contradicts another is told the other's number."""
    mark = cells.decimal_mark(row.cells.get(name, "") for row in given for name in AMOUNTS)
    judged = [_one(row, known, mark) for row in given]
    against = _against_each_other(judged)
    return [
        Judged(each.given, None, (against[each.given.row_no],)) if each.given.row_no in against else each
        for each in judged
    ]


def _one(row: Given, known: Known, mark: str) -> Judged:
    if row.is_empty:
        return Judged(row, None, (rows.EMPTY,))
    values, found = rows.values(row, {name: partial(_value, name, known=known, mark=mark) for name in COLUMNS})
    if row.cells.get(MARK):
        found.append(Problem(MARK, "the amounts are still only a suggestion", "check them, then empty this cell"))
    found += _together(values, row, found)
    return Judged(row, None if found else _said(values), tuple(found))


def _value(name: str, text: str, *, known: Known, mark: str) -> object:
    if name == "sku":
        return _sku(text, known)
    if name == "warehouse":
        return _warehouse(text, known)
    if name == "vendor":
        return _vendor(text)
    if name == "currency":
        return _currency(text, known)
    if name == "valid_from":
        return _first_day(text, known)
    if name == "is_end":
        return cells.flag(name, text)
    if name == "vat_rate":
        return cells.percent(name, text, mark=mark) if text else None
    return cells.amount(name, text, mark=mark) if text else None


def _sku(text: str, known: Known) -> int:
    if not text:
        raise Problem("sku", "the SKU is missing", "write the code of a SKU")
    if text not in known.skus:
        alike = known.alike.get(text)
        todo = f"did you mean {alike!r}?" if alike else "write the code as it stands in the list of products"
        raise Problem("sku", f"no SKU is called {text!r}", todo)
    return known.skus[text]


def _warehouse(text: str, known: Known) -> int | None:
    if text and text not in known.warehouses:
        names = sorted(known.warehouses)
        some = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        todo = f"write one of {some}, or leave it empty for all" if names else "leave it empty: there is none yet"
        raise Problem("warehouse", f"no warehouse has the code {text!r}", todo)
    return known.warehouses[text] if text else None


def _vendor(text: str) -> str:
    if len(text) > LONGEST_VENDOR:
        raise Problem("vendor", f"longer than {LONGEST_VENDOR} characters", "shorten it")
    if not text.isprintable():
        raise Problem("vendor", "holds characters that cannot be seen", "type it again")
    return text


def _currency(text: str, known: Known) -> str:
    if not text:
        raise Problem("currency", "the currency is missing", "write a code such as EUR")
    if text.upper() not in known.currencies:
        raise Problem("currency", f"{text!r} is not a currency that is known here", "write a code such as EUR")
    return text.upper()


def _first_day(text: str, known: Known) -> date:
    if not text:
        raise Problem("valid_from", "the first day is missing", "write it as 2026-09-01 or 1.9.2026")
    made = cells.day("valid_from", text, today=known.today)
    if known.closed_until and made <= known.closed_until:
        open_from = date.fromordinal(known.closed_until.toordinal() + 1)
        raise Problem("valid_from", f"{made:%Y-%m} is closed", f"give a day from {open_from} on")
    return made


def _together(values: Mapping[str, object], row: Given, found: Sequence[Problem]) -> Iterator[Problem]:
    """Cells that are right alone and wrong beside each other."""
    told = {problem.column for problem in found}
    if "is_end" in told:
        return
    amounts = [name for name in AMOUNTS if row.cells.get(name)]
    if values["is_end"] and any(values.get(name) for name in amounts):
        yield Problem("is_end", "an end has no amounts", "empty the amounts, or empty this cell")
    if not values["is_end"] and "purchase" not in told and values.get("purchase") is None:
        todo = "write what one piece costs; 0 only where it costs nothing"
        yield Problem("purchase", "the purchase price is missing", todo)


def _said(values: Mapping[str, object]) -> Said:
    return Said(
        **{name: values[name] for name in ("vendor", "currency", "valid_from", "vat_rate", "is_end")},  # type: ignore[arg-type]
        sku_id=values["sku"], warehouse_id=values["warehouse"],  # type: ignore[arg-type]
        amounts=tuple(values[name] or Decimal(0) for name in AMOUNTS),  # type: ignore[misc]
    )  # fmt: skip


def _against_each_other(judged: Iterable[Judged]) -> dict[int, Problem]:
    """By row number: the later of two equal rows, and both of two that differ for one key and day."""
    against: dict[int, Problem] = {}
    first: dict[tuple[object, ...], Judged] = {}
    for row in judged:
        if row.said is None:
            continue
        other = first.setdefault(row.said.key, row)
        if other is row or other.said is None:
            continue
        if row.said == other.said:
            todo = "delete one of the two"
            against[row.given.row_no] = Problem("row", f"repeats row {other.given.row_no}", todo)
        else:
            against[row.given.row_no] = _contradiction(row.said, other)
            against.setdefault(other.given.row_no, _contradiction(other.said, row))
    return against


def _contradiction(mine: Said, other: Judged) -> Problem:
    theirs = other.said
    assert theirs is not None  # noqa: S101 - only rows that say something can contradict
    pairs = [*zip(AMOUNTS, mine.amounts, theirs.amounts, strict=True), ("vat_rate", mine.vat_rate, theirs.vat_rate)]
    column, here, there = next((pair for pair in pairs if pair[1] != pair[2]), ("is_end", mine.is_end, theirs.is_end))
    wrong = f"{_words(here)} here, {_words(there)} in row {other.given.row_no}, for one SKU, warehouse, vendor and day"
    return Problem(column, wrong, "keep the right one and delete the other")


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "an end" if value else "a cost"
    return "nothing" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
