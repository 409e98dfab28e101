"""The life of a sheet of products, prices or stock: judged as a whole, decided row by row, applied in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Upload, UploadRow
from catalog.signals import uploads_changed
from catalog.uploads.kinds import KINDS, Applied, Judged, of_all
from config.core import clock
from config.core.events import announce
from config.core.sheets import flow, reading
from config.core.sheets.models import RowState, SheetState
from config.core.sheets.reading import Given


def template(kind: str) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """The header and rows of a sheet of this kind, to be filled in."""
    return KINDS.get(kind).template()


@transaction.atomic
def upload(kind: str, content: bytes, *, name: str, by: str) -> tuple[Upload, bool]:
    """Judge a file and let its good rows wait; the same file again is the same sheet, judged once more while it waits.

    Returns the sheet, and whether it is new. A file that is no sheet of this kind raises ValidationError.
    """
    rows = reading.read(content, KINDS.get(kind).layout)
    expire()
    sheet, is_new = flow.take_in(Upload, content, name=name, by=by, kind=kind)
    if sheet.state == SheetState.WAITING:
        _judge(sheet, rows)
    return sheet, is_new


@transaction.atomic
def check(sheet: Upload) -> bool:
    """Judge a waiting sheet again by what is known now; returns whether anything changed. Decisions stay where they fit."""
    flow.hold(sheet)
    before = _standing(sheet)
    _judge(sheet, _given(sheet))
    return _standing(sheet) != before


@transaction.atomic
def again(sheet: Upload, *, by: str) -> Upload:
    """Let the rows of a sheet that expired or was dropped wait once more, judged by what is known now."""
    if sheet.state not in (SheetState.EXPIRED, SheetState.DROPPED):
        raise ValidationError(f"this sheet is {sheet.state}; only an expired or dropped one can be taken up again")
    now = clock.now()
    made, is_new = Upload.objects.get_or_create(
        kind=sheet.kind, sha256=sheet.sha256, state__in=flow.OPEN,
        defaults={"name": sheet.name, "uploaded_at": now, "uploaded_by": by, "expires_at": now + flow.LIFE,
                  "state": SheetState.WAITING},
    )  # fmt: skip
    if is_new:
        _judge(made, _given(sheet))
    return made


@transaction.atomic
def approve(sheet: Upload, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Agree, as a second person, to the rows that need one, all or these (numbers in the file); returns how many."""
    count = flow.approve(sheet, by=by, rows=rows)
    announce(uploads_changed, ids=[sheet.pk])
    return count


@transaction.atomic
def decline(sheet: Upload, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Leave rows out of the sheet, all or these (numbers in the file); returns how many."""
    count = flow.decline(sheet, by=by, rows=rows)
    announce(uploads_changed, ids=[sheet.pk])
    return count


@transaction.atomic
def apply(sheet: Upload, *, by: str) -> int:
    """Carry out all good rows, or none; returns how many things changed.

    1. Judge the rows once more; when anything changed since the preview, nothing is applied.
    2. A row that needs a second person and has none stops the sheet.
    """
    if check(sheet):
        raise ValidationError("something changed since this sheet was checked; check it again, then look at the rows")
    rows = flow.usable(sheet)
    count = KINDS.get(sheet.kind).apply(rows, Applied(by, f"sheet {sheet.pk}: {sheet.name}"))
    sheet.rows.filter(pk__in=[row.pk for row in rows]).update(state=RowState.APPLIED)
    flow.close(sheet, SheetState.APPLIED, by=by)
    announce(uploads_changed, ids=[sheet.pk])
    return count


@transaction.atomic
def drop(sheet: Upload, *, by: str, reason: str) -> Upload:
    """Give the sheet up; nothing of it counts."""
    announce(uploads_changed, ids=[sheet.pk])
    return flow.drop(sheet, by=by, reason=reason)


def expire() -> dict[str, int]:
    """Close sheets that waited longer than three days."""
    return {"expired": flow.expire(Upload)}


def _given(sheet: Upload) -> list[Given]:
    rows = sheet.rows.order_by("row_no").values_list("row_no", "cells")
    return [flow.as_given(row_no, cells) for row_no, cells in rows]


def _judge(sheet: Upload, given: Sequence[Given]) -> None:
    """Write every row with its judgement; a decision is kept where what it was about is still the same."""
    decided = {row.row_no: row for row in sheet.rows.exclude(decided_by="")}
    judged = KINDS.get(sheet.kind).judge(given)
    shared = of_all(judged)
    made = [_row(sheet, each, shared) for each in judged]
    flow.keep(decided, [row for row in made if row.state == RowState.GOOD], ("approvals", "said", "before"))
    sheet.rows.all().delete()
    flow.insert(made)
    announce(uploads_changed, ids=[sheet.pk])


def _row(sheet: Upload, judged: Judged, shared: Sequence[str]) -> UploadRow:
    given, said = judged.given, judged.said
    row = UploadRow(upload=sheet, row_no=given.row_no, cells=flow.as_cells(given), state=RowState.REJECTED)
    row.problems = [{"column": p.column, "wrong": p.wrong, "todo": p.todo} for p in judged.problems]
    row.what = given.cells.get("sku", "")[:200]
    if said is not None:
        row.state = RowState.KNOWN if said.is_known else RowState.GOOD
        row.what, row.said, row.before = said.what[:200], dict(said.values), dict(said.before)
        row.approvals = [] if said.is_known else [reason[:120] for reason in (*said.approvals, *shared)]
        if said.effect is not None:
            row.effect, row.currency = said.effect.amount, said.effect.currency
    return row


def _standing(sheet: Upload) -> list[tuple[Any, ...]]:
    """What a preview shows; the money effect moves with every sale, so that it does not count as a change."""
    return list(sheet.rows.order_by("row_no").values_list("row_no", "state", "problems", "approvals", "said", "before"))
