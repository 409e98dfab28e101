"""Sheets: upload, what is wrong, what would change and for how much money, who approves, and the one button that applies."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from catalog.filters import UploadFilter, UploadRowFilter
from catalog.models import Upload, UploadRow
from catalog.services import uploads
from catalog.uploads import selectors
from catalog.uploads.kinds import KINDS, Kind
from config.core.buttons import Button, press
from config.core.permissions import Action, may
from config.core.screens import Column, Listing, listing, require
from config.core.sheets import pages, writing
from config.core.sheets.models import RowState, SheetState
from marketplaces import wording

SHEETS = Listing(
    title="Sheets",
    subtitle="A file of products, prices, stock or texts waits here until somebody applies it: all of it, or nothing. The same "
    "file is the same sheet; after 72 hours it expires.",
    queryset=lambda request: selectors.sheets(),
    filterset=UploadFilter,
    columns=(
        Column("File", "name"),
        Column("What", lambda row: KINDS.get(row.kind).label, "chip"),
        Column("State", "state", "badge"),
        Column("Rows", "total", "number"),
        Column("Rejected", "rejected_rows", "number"),
        Column("Wait for approval", "unapproved", "number"),
        Column("Applied", "applied_rows", "number", is_wide_only=True),
        Column("Uploaded", "uploaded_at", "since", sort="uploaded_at"),
        Column("By", "uploaded_by", is_wide_only=True),
    ),
    order_by=("-uploaded_at", "-pk"),
    link=lambda row: reverse("catalog:upload", args=[row.pk]),
    empty="No sheet was uploaded yet. Download one, fill it in, and upload it here.",
    template="catalog/uploads.html",
)


def _upload(request: HttpRequest) -> str:
    kind = _kind(request.POST.get("kind", ""))
    require(request, kind.needs)
    given = pages.uploaded(request)
    sheet, is_new = uploads.upload(kind.key, given.read(), name=given.name or kind.key, by=request.user.get_username())
    return pages.received(selectors.sheets().get(pk=sheet.pk), is_new=is_new)


def _kind(key: str) -> Kind:
    if key not in KINDS:
        raise ValidationError("choose what the sheet is about")
    return KINDS.get(key)


OF_ALL = {"upload": Button(Action.VIEW, _upload)}


def sheets(request: HttpRequest) -> HttpResponseBase:
    """All sheets; `?template=<kind>` is one to fill in (`&as=csv` or `xlsx`)."""
    require(request, Action.VIEW)
    if request.method == "POST":
        return press(request, OF_ALL)
    if (wanted := request.GET.get("template", "")) in KINDS:
        header, rows = uploads.template(wanted)
        return writing.download(wanted, "csv" if request.GET.get("as") == "csv" else "xlsx", header, rows)
    return listing(request, SHEETS, {"kinds": [kind for _, kind in KINDS if may(request.user, kind.needs)]})


def changes(row: UploadRow) -> str:
    """What the row changes, field by field."""
    pairs = [
        (name, _readable(name, row.before.get(name, "")), _readable(name, value)) for name, value in row.said.items()
    ]
    return ", ".join(
        f"{name.replace('_', ' ')} {before or 'nothing'} → {value or 'nothing'}"
        for name, before, value in pairs if before != value
    )  # fmt: skip


def _readable(name: str, value: str) -> str:
    """A value as it is read, cut where it is long; lists and attributes are stored as JSON."""
    return wording.told(wording.read(name, value)) if value else ""


ROWS = Listing(
    title="Rows of a sheet",
    queryset=lambda request: selectors.rows_of(sheet=request.resolver_match.kwargs["pk"] if request.resolver_match else 0),
    filterset=UploadRowFilter,
    columns=(
        Column("Row", "row_no", "number", sort="row_no"),
        Column("About", "what", "code"),
        Column("What changes", changes),
        Column("In 30 days", lambda row: (row.effect, row.currency), "money", sort="effect"),
        Column("State", "state", "badge"),
        Column("Why", pages.told),
        Column("Decided by", "decided_by", is_wide_only=True),
    ),
    order_by=("row_no",),
    actions={"approve": "Approve the ticked rows", "decline": "Leave them out"},
    action_permission=Action.APPROVE_UPLOADS,
    empty="No row fits.",
    template="catalog/upload.html",
)  # fmt: skip


def _apply(request: HttpRequest, sheet: Upload) -> str:
    require(request, KINDS.get(sheet.kind).needs)
    return f"Applied: {uploads.apply(sheet, by=request.user.get_username())} rows count now"


BUTTONS = {
    **pages.decisions(uploads, selectors.rows_of, edit=Action.EDIT_PRODUCTS, approve=Action.APPROVE_UPLOADS),
    "apply": Button(Action.VIEW, _apply),
}


def sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A sheet with its preview; `?format=rejected` is its rejected rows as a sheet, with what to mend."""
    require(request, Action.VIEW)
    found: Any = get_object_or_404(selectors.sheets(), pk=pk)
    kind = KINDS.get(found.kind)
    if request.method == "POST" and request.POST.get("action") == "again":
        require(request, kind.needs)
        return redirect("catalog:upload", uploads.again(found, by=request.user.get_username()).pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    if request.GET.get("format") == "rejected":
        return _rejected(found, kind)
    context = {
        "sheet": found, "kind": kind, "is_open": found.state == SheetState.WAITING, "title": found.name,
        "can": {name for name, button in BUTTONS.items() if may(request.user, button.needs)},
        "may_apply": may(request.user, kind.needs), "usable": found.good_rows + found.approved_rows,
        "effects": selectors.effects(sheet=found.pk), "is_own": found.uploaded_by == request.user.get_username(),
        "is_final": found.state in (SheetState.DROPPED, SheetState.EXPIRED),
    }  # fmt: skip
    return listing(request, ROWS, context)


def _rejected(found: Upload, kind: Kind) -> HttpResponse:
    rows = list(selectors.rows_of(sheet=found.pk).filter(state=RowState.REJECTED))
    used = {name for row in rows for name in row.cells}
    known = [name for name in kind.layout.columns if name in used]
    columns = [*known, *sorted(used - set(known) - {"beyond"})]
    header = (*columns, *writing.MENDING)
    return writing.download(f"rejected-{found.pk}", "csv", header, writing.rejected_rows(rows, columns))
