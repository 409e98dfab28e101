"""Sheets to take home, as CSV or XLSX that runs no formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from config.core.exports import csv_lines

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MENDING = ("row", "column", "what_is_wrong", "what_to_do")


def rejected_rows(rows: Iterable[Any], columns: Sequence[str]) -> Iterator[list[Any]]:
    """Rejected rows of a sheet as they came, each with its number, its columns at fault and what to do."""
    for row in rows:
        told = [[problem[part] for problem in row.problems] for part in ("column", "wrong", "todo")]
        yield [*(row.cells.get(name, "") for name in columns), row.row_no, *(" | ".join(part) for part in told)]


def download(name: str, kind: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A sheet as a file of this kind."""
    write = xlsx_file if kind == "xlsx" else csv_file
    answer = HttpResponse(write(header, rows), content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return ("\ufeff" + "".join(csv_lines(header, rows))).encode()


def xlsx_file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet: numbers as numbers, all else as text that is never taken for a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet")
    sheet.freeze_panes = "A2"
    for row in [header, *rows]:
        sheet.append([_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    cell = WriteOnlyCell(sheet, value=str(value))
    cell.data_type = "s"
    return cell
