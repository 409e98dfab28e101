"""Uploaded sheets on screens: the file of the form, what stands against a row, and the decisions that every kind shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest

from config.core.buttons import Button, chosen, text
from config.core.permissions import Action
from config.core.sheets import reading
from config.core.sheets.models import RowBase, RowState, SheetBase


def uploaded(request: HttpRequest) -> UploadedFile:
    """The file of the form; raises ValidationError where there is none or it is too large."""
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise ValidationError("choose a file first")
    if given.size is not None and given.size > reading.LARGEST:
        raise ValidationError(reading.TOO_LARGE)
    return given


def received(counted: Any, *, is_new: bool) -> str:
    """How a sheet with its counts was read, as a sentence."""
    good = counted.total - counted.rejected_rows - counted.known_rows
    told = "" if is_new else "This file is here already. "
    return f"{told}{counted.name}: {good} rows can be used, {counted.rejected_rows} are rejected"


def told(row: RowBase) -> str:
    """What stands against the row, or why somebody must look."""
    if row.state == RowState.KNOWN:
        return "holds already"
    wrong = [f"{each['column'].replace('_', ' ')}: {each['wrong']}; {each['todo']}" for each in row.problems]
    return " · ".join(wrong or row.approvals)


def decisions(
    service: Any, rows_of: Callable[..., QuerySet[Any]], *, edit: Action, approve: Action
) -> dict[str, Button]:
    """The buttons of a sheet's page but the one that applies; `service` has `check`, `approve`, `decline` and `drop`."""

    def ticked(request: HttpRequest, sheet: SheetBase) -> list[int]:
        """The ticked rows by their number in the file."""
        return list(rows_of(sheet=sheet.pk).filter(pk__in=chosen(request)).values_list("row_no", flat=True))

    def agree(request: HttpRequest, sheet: SheetBase) -> str:
        rows = ticked(request, sheet)
        return f"{service.approve(sheet, by=request.user.get_username(), rows=rows)} rows approved"

    def agree_all(request: HttpRequest, sheet: SheetBase) -> str:
        return f"{service.approve(sheet, by=request.user.get_username())} rows approved"

    def decline(request: HttpRequest, sheet: SheetBase) -> str:
        rows = ticked(request, sheet)
        return f"{service.decline(sheet, by=request.user.get_username(), rows=rows)} rows left out"

    def check(request: HttpRequest, sheet: SheetBase) -> str:
        return "Checked again: " + ("look at what changed" if service.check(sheet) else "nothing changed")

    def drop(request: HttpRequest, sheet: SheetBase) -> str:
        why = text(request, "reason", missing="say why; whoever uploaded it will ask")
        service.drop(sheet, by=request.user.get_username(), reason=why)
        return "Dropped: nothing of it counts"

    return {
        "approve": Button(approve, agree),
        "approve_all": Button(approve, agree_all),
        "decline": Button(approve, decline),
        "check": Button(edit, check),
        "drop": Button(edit, drop),
    }
