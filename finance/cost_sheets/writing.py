"""Cost sheets to take home: the gaps to fill in, and rejected rows with what to mend. CSV and XLSX run no formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from catalog.models import Sku
from config.core.exports import csv_lines
from finance.cost_sheets.columns import AMOUNTS, COLUMNS, MARK
from finance.models import Cost, CostSheetRow
from finance.selectors.costs import Gap

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
GAP_COLUMNS = (*COLUMNS, MARK, "title", "why")
REJECTED_COLUMNS = (*COLUMNS, MARK, "row", "column", "what_is_wrong", "what_to_do")


def gap_rows(
    gaps: Iterable[Gap], *, skus: Mapping[int, Sku], places: Mapping[int, str], last: Mapping[int, Cost], today: str
) -> Iterator[list[Any]]:
    """One row per gap, to be filled in. Where a former cost is known its amounts stand there, marked as a suggestion."""
    for gap in gaps:
        sku, cost = skus[gap.sku_id], last.get(gap.sku_id)
        first = gap.first_on.isoformat() if gap.first_on else today
        yield [
            sku.code, places.get(gap.warehouse_id or 0, ""), cost.vendor if cost else "", cost.currency if cost else "",
            first, *(getattr(cost, name) if cost else None for name in AMOUNTS),
            (cost.vat_rate * 100).normalize() if cost and cost.vat_rate is not None else None, "",
            f"last cost, from {cost.valid_from}" if cost else "", sku.title, why(gap),
        ]  # fmt: skip


def why(gap: Gap) -> str:
    """Why a cost is wanted, in words."""
    sold = f"{gap.lines} order lines since {gap.first_on} ({gap.units} pieces)" if gap.lines else ""
    held = f"{gap.stock} pieces in stock" if gap.stock else ""
    return " and ".join(filter(None, (sold, held)))


def rejected_rows(rows: Iterable[CostSheetRow]) -> Iterator[list[Any]]:
    """The rejected rows as they came, each with its number, its columns at fault and what to do."""
    for row in rows:
        told = [[problem[part] for problem in row.problems] for part in ("column", "wrong", "todo")]
        cells = [row.cells.get(name, "") for name in (*COLUMNS, MARK)]
        yield [*cells, row.row_no, *(" | ".join(part) for part in told)]


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    return ("\ufeff" + "".join(csv_lines(header, rows))).encode()


def xlsx_file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook of one sheet: numbers as numbers, all else as text that is never taken for a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Costs")
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
