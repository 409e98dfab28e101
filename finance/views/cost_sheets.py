"""Cost sheets: upload, what is wrong, what would change, who approves, and at last the one button that applies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, require
from config.core.sheets import pages
from config.core.sheets import writing as files
from config.core.sheets.models import RowState, SheetState
from finance.cost_sheets import effect, writing
from finance.cost_sheets.columns import MEANING
from finance.filters.costs import CostSheetFilter, CostSheetRowFilter
from finance.models import CostSheet, CostSheetRow
from finance.selectors import cost_sheets as selectors
from finance.services import cost_sheets

EFFECTS_SHOWN = 20
SHEETS = Listing(
    title="Cost sheets",
    subtitle="A file of costs waits here until somebody applies it. The same file is the same sheet; after 72 hours it "
    "expires.",
    queryset=lambda request: selectors.sheets(),
    filterset=CostSheetFilter,
    columns=(
        Column("File", "name"),
        Column("State", "state", "badge"),
        Column("Rows", "total", "number"),
        Column("Rejected", "rejected_rows", "number"),
        Column("Wait for approval", "unapproved", "number"),
        Column("Applied", "applied_rows", "number"),
        Column("Uploaded", "uploaded_at", "since", sort="uploaded_at"),
        Column("By", "uploaded_by"),
    ),
    order_by=("-uploaded_at", "-pk"),
    link=lambda row: reverse("finance:cost_sheet", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="No sheet was uploaded yet. Download the sheet of gaps, fill it in, and upload it here.",
    template="finance/cost_sheets.html",
)


def _upload(request: HttpRequest) -> str:
    given = pages.uploaded(request)
    sheet, is_new = cost_sheets.upload(given.read(), name=given.name or "costs", by=request.user.get_username())
    return pages.received(selectors.sheets().get(pk=sheet.pk), is_new=is_new)


OF_ALL = {"upload": Button(Action.EDIT_COSTS, _upload)}


def sheets(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, OF_ALL)
    return listing(request, SHEETS, {"meaning": MEANING, "can": allowed(request, OF_ALL)})


def _sku(row: CostSheetRow) -> str:
    return row.sku.code if row.sku else str(row.cells.get("sku", "")) or "–"


def _landed(row: CostSheetRow) -> Money | None:
    is_read = row.state != RowState.REJECTED and not row.is_end
    return Money(row.landed, row.currency) if is_read else None


ROWS = Listing(
    title="Rows of a cost sheet",
    queryset=lambda request: selectors.rows_of(sheet=request.resolver_match.kwargs["pk"] if request.resolver_match else 0),
    filterset=CostSheetRowFilter,
    columns=(
        Column("Row", "row_no", "number", sort="row_no"),
        Column("SKU", _sku, "code"),
        Column("Place", lambda row: row.warehouse.label if row.warehouse else row.cells.get("warehouse") or "any"),
        Column("From", "valid_from", "moment", sort="valid_from"),
        Column("So far", lambda row: Money(row.former.landed, row.former.currency) if row.former else None, "money"),
        Column("New", _landed, "money", sort="landed"),
        Column("Change", lambda row: None if row.jump is None else f"{row.jump:+.1%}", "number", sort="jump"),
        Column("State", "state", "badge"),
        Column("Why", pages.told),
        Column("Decided by", "decided_by", is_wide_only=True),
    ),
    order_by=("row_no",),
    permission=Action.VIEW_MONEY,
    actions={"approve": "Approve the ticked rows", "decline": "Leave them out"},
    action_permission=Action.APPROVE_COSTS,
    empty="No row fits.",
    template="finance/cost_sheet.html",
)  # fmt: skip


def _apply(request: HttpRequest, sheet: CostSheet) -> str:
    count = cost_sheets.apply(sheet, by=request.user.get_username())
    return f"{count} costs recorded; the profit of the lines above is computed again"


BUTTONS = {
    **pages.decisions(cost_sheets, selectors.rows_of, edit=Action.EDIT_COSTS, approve=Action.APPROVE_COSTS),
    "apply": Button(Action.EDIT_COSTS, _apply),
}


def sheet(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A sheet with its preview; `?format=rejected` is its rejected rows as a sheet, with what to mend."""
    require(request, Action.VIEW_MONEY)
    found: Any = get_object_or_404(selectors.sheets(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    if request.GET.get("format") == "rejected":
        return _rejected(found)
    is_open = found.state == SheetState.WAITING
    effects = effect.of_sheet(found) if is_open else []
    context = {
        "sheet": found, "is_open": is_open, "effects": effects[:EFFECTS_SHOWN], "skus": len({e.sku_id for e in effects}),
        "lines": sum(e.lines for e in effects), "locked": sum(e.locked_lines for e in effects), "totals": totals(effects),
        "usable": found.good_rows + found.approved_rows, "can": allowed(request, BUTTONS), "title": found.name,
        "is_own": found.uploaded_by == request.user.get_username(),
    }  # fmt: skip
    return listing(request, ROWS, context)


def totals(effects: list[effect.Effect]) -> dict[str, dict[str, Any]]:
    """By currency: what buyers paid for the lines, and the margins before and after."""
    sums: dict[str, dict[str, Any]] = {}
    for each in effects:
        row = sums.setdefault(each.currency, {"paid": Decimal(0), "before": _NONE, "after": _NONE})
        row["paid"] += each.paid or 0
        row["before"], row["after"] = _add(row["before"], each.before), _add(row["after"], each.after)
    return sums


_NONE = effect.Margin(None, None, 0)


def _add(one: effect.Margin, other: effect.Margin) -> effect.Margin:
    if one.amount is None or one.revenue is None:
        return other
    if other.amount is None or other.revenue is None:
        return one
    return effect.Margin(one.amount + other.amount, one.revenue + other.revenue, one.lines + other.lines)


def _rejected(found: CostSheet) -> HttpResponse:
    rows = selectors.rows_of(sheet=found.pk).filter(state=RowState.REJECTED)
    return files.download(f"rejected-{found.pk}", "csv", writing.REJECTED_COLUMNS, writing.rejected_rows(rows))
