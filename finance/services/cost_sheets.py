"""The life of a cost sheet: uploaded, judged row by row, decided by people, applied as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from config.core.sheets import flow, reading
from config.core.sheets.models import RowState, SheetState
from config.core.sheets.reading import Given
from finance.cost_sheets import judging
from finance.cost_sheets.columns import AMOUNTS, LAYOUT
from finance.cost_sheets.judging import Judged
from finance.models import CostSheet, CostSheetRow
from finance.selectors import cost_sheets as selectors
from finance.services import costs
from finance.services.costs import Entry

JUMP = Decimal("0.2")
MANY = 100
_APPLIED = """
UPDATE finance_costsheetrow row SET state = %s, cost_id = made.cost
FROM unnest(%s::bigint[], %s::bigint[]) AS made(id, cost) WHERE row.id = made.id
"""


@transaction.atomic
def upload(content: bytes, *, name: str, by: str) -> tuple[CostSheet, bool]:
    """Judge a file and let its good rows wait; the same file again is the same sheet, judged once more while it waits.

    Returns the sheet, and whether it is new. A file that is no cost sheet raises ValidationError.
    """
    rows = reading.read(content, LAYOUT)
    expire()
    sheet, is_new = flow.take_in(CostSheet, content, name=name, by=by)
    if sheet.state == SheetState.WAITING:
        _judge(sheet, rows)
    return sheet, is_new


@transaction.atomic
def check(sheet: CostSheet) -> bool:
    """Judge a waiting sheet again by what is known now; returns whether anything changed. Decisions stay where they fit."""
    flow.hold(sheet)
    before = _standing(sheet)
    rows = sheet.rows.order_by("row_no").values_list("row_no", "cells")
    _judge(sheet, [flow.as_given(row_no, cells) for row_no, cells in rows])
    return _standing(sheet) != before


@transaction.atomic
def approve(sheet: CostSheet, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Agree, as a second person, to the rows that need one, all or these (numbers in the file); returns how many."""
    return flow.approve(sheet, by=by, rows=rows)


@transaction.atomic
def decline(sheet: CostSheet, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Leave rows out of the sheet, all or these (numbers in the file); returns how many."""
    return flow.decline(sheet, by=by, rows=rows)


@transaction.atomic
def apply(sheet: CostSheet, *, by: str) -> int:
    """Record the costs of all good rows in one transaction; returns how many.

    1. Judge the rows once more; when anything changed since the preview, nothing is applied.
    2. A row that needs a second person and has none stops the sheet.
    """
    if check(sheet):
        raise ValidationError("costs changed since this sheet was checked; check it again, then look at the preview")
    rows = flow.usable(sheet)
    made = costs.record([_entry(row) for row in rows], by=by, source=f"sheet {sheet.pk}: {sheet.name}")
    with connection.cursor() as cursor:
        cursor.execute(_APPLIED, [RowState.APPLIED, [row.pk for row in rows], [cost.pk for cost in made]])
    flow.close(sheet, SheetState.APPLIED, by=by)
    return len(rows)


@transaction.atomic
def drop(sheet: CostSheet, *, by: str, reason: str) -> CostSheet:
    """Give the sheet up; nothing of it counts."""
    return flow.drop(sheet, by=by, reason=reason)


def expire() -> dict[str, int]:
    return {"expired": flow.expire(CostSheet)}


def _judge(sheet: CostSheet, rows: Sequence[Given]) -> None:
    """Write every row with its judgement; a decision is kept where what it was about is still the same."""
    decided = {row.row_no: row for row in sheet.rows.exclude(decided_by="")}
    sheet.rows.all().delete()
    judged = judging.judge(rows, selectors.known(rows))
    made = [_row(sheet, each) for each in judged]
    good = _compare([row for row in made if row.state == RowState.GOOD])
    flow.insert(made)
    _mark_locked(sheet, good)
    flow.remember(sheet, flow.keep(decided, good, ("approvals", "jump")))


def _row(sheet: CostSheet, judged: Judged) -> CostSheetRow:
    given, said = judged.given, judged.said
    row = CostSheetRow(sheet=sheet, row_no=given.row_no, cells=flow.as_cells(given), state=RowState.REJECTED)
    row.problems = [{"column": p.column, "wrong": p.wrong, "todo": p.todo} for p in judged.problems]
    if said is not None:
        row.state = RowState.GOOD
        for name in ("sku_id", "warehouse_id", "vendor", "currency", "valid_from", "vat_rate", "is_end"):
            setattr(row, name, getattr(said, name))
        for name, amount in zip(AMOUNTS, said.amounts, strict=True):
            setattr(row, name, amount)
    return row


def _compare(good: Sequence[CostSheetRow]) -> list[CostSheetRow]:
    """What each row changes against what applied before, and why a second person must see it; returns the new ones."""
    comparison = selectors.comparison(good)
    for row in good:
        row.state = RowState.KNOWN if comparison.is_known(row) else RowState.GOOD
    fresh = [row for row in good if row.state == RowState.GOOD]
    for row in fresh:
        row.former, row.jump, unknown = comparison.jump(row)
        row.approvals = [*_reasons(row, unknown), *_of_all(len(fresh))]
    return fresh


def _mark_locked(sheet: CostSheet, good: Sequence[CostSheetRow]) -> None:
    locked = selectors.locked_lines(sheet)
    touched = [row for row in good if locked.get(row.sku_id or 0)]
    for row in touched:
        row.approvals = [*row.approvals, _of_locked(locked[row.sku_id or 0])]
        sheet.rows.filter(row_no=row.row_no).update(approvals=row.approvals)


def _reasons(row: CostSheetRow, unknown: str) -> list[str]:
    if unknown:
        return [unknown]
    if row.jump is not None and abs(row.jump) > JUMP:
        return [f"the landed cost changes by {row.jump:+.1%}, more than {JUMP:.0%}"]
    return []


def _of_all(count: int) -> list[str]:
    return [f"the sheet changes {count} costs, more than {MANY}"] if count > MANY else []


def _of_locked(lines: int) -> str:
    return f"{lines} order lines of locked months would have had another cost; they stay as they are"


def _standing(sheet: CostSheet) -> list[tuple[Any, ...]]:
    rows = sheet.rows.order_by("row_no")
    return list(rows.values_list("row_no", "state", "problems", "approvals", "jump", "former", "sku", "warehouse"))


def _entry(row: CostSheetRow) -> Entry:
    return Entry(**{field: getattr(row, field) for field in Entry.__slots__})
