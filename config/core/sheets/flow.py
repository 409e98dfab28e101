"""The life that all uploaded sheets share: held, decided row by row by a second person, closed, expired."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection
from psycopg import sql

from config.core import clock
from config.core.sheets.models import RowBase, RowState, SheetBase, SheetState
from config.core.sheets.reading import Given

LIFE = timedelta(hours=72)
AT_ONCE = 1000
WAITING = (RowState.GOOD, RowState.APPROVED)
OPEN = (SheetState.WAITING, SheetState.APPLIED)
_Sheet = TypeVar("_Sheet", bound=SheetBase)


def take_in(model: type[_Sheet], content: bytes, *, name: str, by: str, **kind: Any) -> tuple[_Sheet, bool]:
    """The sheet of this file, locked, and whether it is new; the same file is one sheet while that waits or counts."""
    now = clock.now()
    given = {"name": name[-200:], "uploaded_at": now, "uploaded_by": by, "expires_at": now + LIFE}
    found: tuple[_Sheet, bool] = model.objects.select_for_update().get_or_create(
        sha256=hashlib.sha256(content).hexdigest(), state__in=OPEN, **kind,
        defaults={**given, "state": SheetState.WAITING},
    )  # fmt: skip
    return found


def hold(sheet: SheetBase) -> None:
    """Hold the sheet for this transaction; one that is closed or too old raises ValidationError."""
    sheet.refresh_from_db(from_queryset=type(sheet).objects.select_for_update())
    if sheet.state != SheetState.WAITING or sheet.expires_at <= clock.now():
        state = "expired" if sheet.state == SheetState.WAITING else sheet.state
        raise ValidationError(f"this sheet is {state}; upload it again to change anything")


def approve(sheet: SheetBase, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Agree to the rows that need a second person, all or these (numbers in the file); returns how many.

    Whoever uploaded the sheet, by hand or by a token, is not the second person.
    """
    hold(sheet)
    if by.partition(" (")[0] == sheet.uploaded_by.partition(" (")[0]:
        raise ValidationError("you uploaded this sheet; somebody else approves it")
    wanted = sheet.rows.filter(state=RowState.GOOD).exclude(approvals=[])
    return _decide(wanted, RowState.APPROVED, by, rows)


def decline(sheet: SheetBase, *, by: str, rows: Iterable[int] | None = None) -> int:
    """Leave rows out of the sheet, all or these (numbers in the file); returns how many."""
    hold(sheet)
    return _decide(sheet.rows.filter(state__in=WAITING), RowState.DECLINED, by, rows)


def _decide(wanted: Any, state: RowState, by: str, rows: Iterable[int] | None) -> int:
    chosen = wanted if rows is None else wanted.filter(row_no__in=list(rows))
    decided = int(chosen.update(state=state, decided_by=by, decided_at=clock.now()))
    if not decided:
        raise ValidationError(f"none of these rows can be {state} now")
    return decided


def usable(sheet: SheetBase) -> list[Any]:
    """The rows that are applied, in the order of the file.

    None at all, or one that needs a second person and has none, raises ValidationError.
    """
    open_rows = sheet.rows.filter(state=RowState.GOOD).exclude(approvals=[]).count()
    if open_rows:
        raise ValidationError(f"{open_rows} rows wait for a second person: approve or decline them first")
    rows = list(sheet.rows.filter(state__in=WAITING).order_by("row_no"))
    if not rows:
        raise ValidationError("no row of this sheet can be applied")
    return rows


def drop(sheet: _Sheet, *, by: str, reason: str) -> _Sheet:
    """Give the sheet up; nothing of it counts."""
    if not reason.strip():
        raise ValidationError("say why; whoever uploaded it will ask")
    hold(sheet)
    return close(sheet, SheetState.DROPPED, by=by, reason=reason)


def close(sheet: _Sheet, state: SheetState, *, by: str, reason: str = "") -> _Sheet:
    sheet.state, sheet.closed_at, sheet.closed_by, sheet.closed_reason = state, clock.now(), by, reason[:200]
    sheet.save(update_fields=["state", "closed_at", "closed_by", "closed_reason"])
    return sheet


def expire(model: type[SheetBase]) -> int:
    """Close sheets that waited longer than three days: what they were judged by is no longer so."""
    late = model.objects.filter(state=SheetState.WAITING, expires_at__lte=clock.now())
    why = "nobody applied it within 72 hours; upload it again"
    return int(late.update(state=SheetState.EXPIRED, closed_at=clock.now(), closed_by="rule", closed_reason=why))


def keep(decided: Mapping[int, Any], good: Sequence[Any], same: Iterable[str]) -> list[Any]:
    """Carry former decisions over to rows that were judged anew, where what they were about (`same`) did not change."""
    names, kept = tuple(same), []
    for row in good:
        former = decided.get(row.row_no)
        if former and all(getattr(row, name) == getattr(former, name) for name in names):
            row.state, row.decided_by, row.decided_at = former.state, former.decided_by, former.decided_at
            kept.append(row)
    return kept


def insert(rows: Sequence[RowBase]) -> None:
    """Store the new rows of a sheet, thousands at once; they are told apart by their number and get no id here."""
    if not rows:
        return
    about = type(rows[0])._meta
    fields = [field for field in about.concrete_fields if not (field.primary_key or field.generated)]
    names = sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields])
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(about.db_table), names)
    told_by_django = connection.wrap_database_errors
    with connection.cursor() as cursor, told_by_django, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])


def remember(sheet: SheetBase, kept: Iterable[Any]) -> None:
    """Write the decisions that rows kept; few people decided, each at few moments."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for row in kept:
        groups.setdefault((row.state, row.decided_by, row.decided_at), []).append(row.row_no)
    for (state, by, at), numbers in groups.items():
        sheet.rows.filter(row_no__in=numbers).update(state=state, decided_by=by, decided_at=at)


def as_cells(given: Given) -> dict[str, Any]:
    """A row as it is stored."""
    return {**given.cells, "beyond": list(given.beyond)} if given.beyond else dict(given.cells)


def as_given(row_no: int, cells: Mapping[str, Any]) -> Given:
    """A stored row as it came."""
    told = dict(cells)
    return Given(row_no, told, tuple(told.pop("beyond", ())))
