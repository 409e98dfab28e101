"""The life of a cost sheet: uploaded, judged row by row, decided by people, applied as a whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from finance.cost_sheets import judging, reading
from finance.cost_sheets.columns import AMOUNTS
from finance.cost_sheets.judging import Judged
from finance.cost_sheets.reading import Given
from finance.models import CostSheet, CostSheetRow, RowState, SheetState
from finance.selectors import cost_sheets as selectors
from finance.services import costs
from finance.services.costs import Entry

LIFE = timedelta(hours=72)
JUMP = Decimal("0.2")
MANY = 100
AT_ONCE = 1000
WAITING = (RowState.GOOD, RowState.APPROVED)


@transaction.atomic
def upload(content: bytes, *, name: str, by: str) -> tuple[CostSheet, bool]:
    """Judge a file and let its good rows wait; the same file again is the same sheet, judged once more while it waits.

    Returns the sheet, and whether it is new. A file that is no cost sheet raises ValidationError.
    """
    rows = reading.read(content)
    digest, now = hashlib.sha256(content).hexdigest(), clock.now()
    expire()
    sheet, is_new = CostSheet.objects.select_for_update().get_or_create(
        sha256=digest, state__in=[SheetState.WAITING, SheetState.APPLIED],
        defaults={
            "name": name[-200:], "uploaded_at": now, "uploaded_by": by, "expires_at": now + LIFE,
            "state": SheetState.WAITING,
        },
    )  # fmt: skip
    if sheet.state == SheetState.WAITING:
        _judge(sheet, rows)
    return sheet, is_new


@transaction.atomic
def check(sheet: CostSheet) -> bool:
    """Judge a waiting sheet again by what is known now; returns whether anything changed. Decisions stay where they fit."""
    _locked(sheet)
    before = _standing(sheet)
    rows = sheet.rows.order_by("row_no").values_list("row_no", "cells")
    _judge(sheet, [_given(row_no, dict(cells)) for row_no, cells in rows])
    return _standing(sheet) != before


@transaction.atomic
def approve(sheet: CostSheet, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Agree to the rows that need a second person, all or these (numbers in the file); returns how many.

    Whoever uploaded the sheet, by hand or by a token, is not the second person.
    """
    _locked(sheet)
    if by == sheet.uploaded_by.partition(" (")[0]:
        raise ValidationError("you uploaded this sheet; somebody else approves it")
    wanted = sheet.rows.filter(state=RowState.GOOD).exclude(approvals=[])
    return _decide(wanted, RowState.APPROVED, by, rows)


@transaction.atomic
def decline(sheet: CostSheet, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Leave rows out of the sheet, all or these (numbers in the file); returns how many."""
    _locked(sheet)
    return _decide(sheet.rows.filter(state__in=WAITING), RowState.DECLINED, by, rows)


@transaction.atomic
def apply(sheet: CostSheet, *, by: str) -> int:
    """Record the costs of all good rows in one transaction; returns how many.

    1. Judge the rows once more; when anything changed since the preview, nothing is applied.
    2. A row that needs a second person and has none stops the sheet.
    """
    if check(sheet):
        raise ValidationError("costs changed since this sheet was checked; check it again, then look at the preview")
    open_rows = sheet.rows.filter(state=RowState.GOOD).exclude(approvals=[]).count()
    if open_rows:
        raise ValidationError(f"{open_rows} rows wait for a second person: approve or decline them first")
    rows = list(sheet.rows.filter(state__in=WAITING).order_by("row_no"))
    if not rows:
        raise ValidationError("no row of this sheet can be applied")
    made = costs.record([_entry(row) for row in rows], by=by, source=f"sheet {sheet.pk}: {sheet.name}")
    for row, cost in zip(rows, made, strict=True):
        row.state, row.cost = RowState.APPLIED, cost
    CostSheetRow.objects.bulk_update(rows, ["state", "cost"], batch_size=AT_ONCE)
    _close(sheet, SheetState.APPLIED, by=by)
    return len(rows)


@transaction.atomic
def drop(sheet: CostSheet, *, by: str, reason: str) -> CostSheet:
    """Give the sheet up; nothing of it counts."""
    if not reason.strip():
        raise ValidationError("say why; whoever uploaded it will ask")
    _locked(sheet)
    return _close(sheet, SheetState.DROPPED, by=by, reason=reason)


def expire() -> dict[str, int]:
    """Close sheets that waited longer than three days: what they were judged by is no longer so."""
    late = CostSheet.objects.filter(state=SheetState.WAITING, expires_at__lte=clock.now())
    why = "nobody applied it within 72 hours; upload it again"
    return {
        "expired": late.update(state=SheetState.EXPIRED, closed_at=clock.now(), closed_by="rule", closed_reason=why)
    }


def _locked(sheet: CostSheet) -> None:
    """Hold the sheet for this transaction; one that is closed or too old raises ValidationError."""
    sheet.refresh_from_db(from_queryset=CostSheet.objects.select_for_update())
    if sheet.state != SheetState.WAITING or sheet.expires_at <= clock.now():
        state = "expired" if sheet.state == SheetState.WAITING else sheet.state
        raise ValidationError(f"this sheet is {state}; upload it again to change costs")


def _decide(wanted: Any, state: RowState, by: str, rows: Iterable[int] | None) -> int:
    chosen = wanted if rows is None else wanted.filter(row_no__in=list(rows))
    decided = int(chosen.update(state=state, decided_by=by, decided_at=clock.now()))
    if not decided:
        raise ValidationError(f"none of these rows can be {state} now")
    return decided


def _close(sheet: CostSheet, state: SheetState, *, by: str, reason: str = "") -> CostSheet:
    sheet.state, sheet.closed_at, sheet.closed_by, sheet.closed_reason = state, clock.now(), by, reason[:200]
    sheet.save(update_fields=["state", "closed_at", "closed_by", "closed_reason"])
    return sheet


def _judge(sheet: CostSheet, rows: Sequence[Given]) -> None:
    """Write every row with its judgement; a decision is kept where what it was about is still the same."""
    decided = {row.row_no: row for row in sheet.rows.exclude(decided_by="")}
    sheet.rows.all().delete()
    judged = judging.judge(rows, selectors.known(rows))
    made = [_row(sheet, each) for each in judged]
    good = _compare([row for row in made if row.state == RowState.GOOD])
    CostSheetRow.objects.bulk_create(made, batch_size=AT_ONCE)
    _mark_locked(sheet, good)
    _keep(decided, good)


def _row(sheet: CostSheet, judged: Judged) -> CostSheetRow:
    given, said = judged.given, judged.said
    cells: dict[str, Any] = {**given.cells, "beyond": list(given.beyond)} if given.beyond else dict(given.cells)
    row = CostSheetRow(sheet=sheet, row_no=given.row_no, cells=cells, state=RowState.REJECTED)
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
    CostSheetRow.objects.bulk_update(touched, ["approvals"], batch_size=AT_ONCE)


def _keep(decided: Mapping[int, CostSheetRow], good: Sequence[CostSheetRow]) -> None:
    """A decision stays where what it was about is still the same."""
    kept = []
    for row in good:
        former = decided.get(row.row_no)
        if former and (row.approvals, row.jump) == (former.approvals, former.jump):
            row.state, row.decided_by, row.decided_at = former.state, former.decided_by, former.decided_at
            kept.append(row)
    CostSheetRow.objects.bulk_update(kept, ["state", "decided_by", "decided_at"], batch_size=AT_ONCE)


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


def _given(row_no: int, cells: dict[str, Any]) -> Given:
    beyond = tuple(cells.pop("beyond", ()))
    return Given(row_no, cells, beyond)


def _entry(row: CostSheetRow) -> Entry:
    return Entry(**{field: getattr(row, field) for field in Entry.__slots__})
