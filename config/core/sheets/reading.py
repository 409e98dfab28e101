"""A file into rows of text: CSV as any spreadsheet writes it, or XLSX. Nothing in it is run or judged here."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

LARGEST = 10 * 2**20
LARGEST_UNPACKED = 200 * 2**20
TOO_LARGE = f"the file is larger than {LARGEST // 2**20} MB; split it"
MOST_ROWS = 20_000
MOST_EMPTY = 1_000
NOTES = ("title", "why", "row", "column", "what_is_wrong", "what_to_do")
"""Columns that our downloads carry for the reader; an upload may have them, and they say nothing."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns of a kind of sheet, in the order of a download. Any column that begins with `open` is welcome too."""

    columns: tuple[str, ...]
    required: tuple[str, ...]
    notes: tuple[str, ...] = NOTES
    open: str = ""

    def knows(self, name: str) -> bool:
        return name in self.columns or name in self.notes or bool(self.open and name.startswith(self.open))


@dataclass(frozen=True, slots=True)
class Given:
    """One row of the file: its number there (the header is row 1), its cells by column, and what stands beyond them."""

    row_no: int
    cells: dict[str, str]
    beyond: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not any(self.cells.values()) and not self.beyond


def read(content: bytes, layout: Layout) -> list[Given]:
    """The rows below the header; a file that is no such sheet raises ValidationError with what to do."""
    if len(content) > LARGEST:
        raise ValidationError(TOO_LARGE)
    table = _workbook(content) if content.startswith(b"PK\x03\x04") else _text(content)
    numbered = ((number, [cell.strip() for cell in row]) for number, row in enumerate(table, start=1))
    header_no, header = next(((n, row) for n, row in numbered if any(row)), (0, []))
    names = _header(header, layout)
    rows: list[Given] = []
    for number, row in numbered:
        rows.append(_given(number, names, row, layout))
        if len(rows) > MOST_ROWS:
            raise ValidationError(f"the file has more than {MOST_ROWS:,} rows; split it")
    while rows and rows[-1].is_empty:
        rows.pop()
    if not rows:
        raise ValidationError(f"the file has no row below its header in row {header_no}; fill one in")
    return rows


def _given(number: int, names: Sequence[str], row: Sequence[str], layout: Layout) -> Given:
    cells = {name: cell for name, cell in zip(names, row, strict=False) if name and name not in layout.notes}
    return Given(number, cells, tuple(cell for cell in row[len(names) :] if cell))


def _header(row: Sequence[str], layout: Layout) -> list[str]:
    """The columns by name; a misspelt one must not lose what it holds, so an unknown one is refused."""
    names = ["_".join(cell.lower().split()) for cell in row]
    while names and not names[-1]:
        names.pop()
    known = f"the columns are {', '.join(layout.columns)}"
    if unknown := [name for name in names if not layout.knows(name)]:
        raise ValidationError(f"no column is called {unknown[0]!r}; {known}")
    if missing := [name for name in layout.required if name not in names]:
        raise ValidationError(f"the column {missing[0]!r} is missing; {known}")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValidationError(f"the column {twice[0]!r} stands there twice; delete one")
    return names


def _text(content: bytes) -> Iterator[list[str]]:
    lines = io.StringIO(_decoded(content), newline="")
    first = lines.readline()
    if first.lower().startswith("sep="):
        delimiter = first.strip()[4:5] or ";"
        yield []
    else:
        delimiter = max(";,\t", key=first.count)
        lines.seek(0)
    try:
        yield from csv.reader(lines, delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise ValidationError(f"this is not a CSV file: {error}; save it again as CSV or XLSX") from error


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 with their marks, else UTF-8, else the code page of western spreadsheets."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    for encoding in [marked] if marked else ["utf-8", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValidationError("the file is neither text in UTF-8 nor XLSX; save it as CSV UTF-8 or as XLSX")


def _workbook(content: bytes) -> Iterator[list[str]]:
    """The first sheet of a workbook; formulas stay text, and a bomb is not unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                raise ValidationError("the workbook is too large when unpacked; save its first sheet as CSV")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        yield from _filled(book.worksheets[0].iter_rows())
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, SyntaxError, ValueError, OSError) as error:
        raise ValidationError("this workbook cannot be read; save it again as XLSX or CSV") from error


def _filled(rows: Iterable[Sequence[Any]]) -> Iterator[list[str]]:
    """Rows as text, until nothing comes any more: a formatted but empty sheet goes on for a million rows."""
    empty = 0
    for row in rows:
        cells = [_cell(cell) for cell in row]
        empty = 0 if any(cells) else empty + 1
        if empty > MOST_EMPTY:
            return
        yield cells


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, is_percent="%" in (cell.number_format or ""))
    return str(value)


def _number(value: int | float, *, is_percent: bool) -> str:
    """A number as the spreadsheet shows it: the shortest text that means it, in percent where it is shown so."""
    exact = Decimal(str(value))
    if is_percent:
        return f"{(exact * 100).normalize():f}%"
    return f"{exact.normalize():f}"
