"""Costs: the list of every dated fact, one key with its history, and where a cost is missing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import selectors as catalog
from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from config.core.sheets import cells
from config.core.sheets import writing as files
from finance.cost_sheets import writing
from finance.cost_sheets.columns import AMOUNTS
from finance.filters.costs import CostFilter
from finance.models import Cost
from finance.selectors import costs as selectors
from finance.services import costs
from finance.services.costs import Entry
from inventory import selectors as inventory

SHOWN = 200
RULE = (
    "The cost of a line is that of the place its goods leave from, else one without a place. Of several vendors or "
    "currencies the latest first day counts, then the last known, then the first vendor by name."
)
COSTS = Listing(
    title="Costs",
    subtitle=f"What one piece costs from a day on, without VAT, as known since a moment; nothing is ever overwritten. {RULE}",
    queryset=lambda request: selectors.costs(),
    filterset=CostFilter,
    columns=(
        Column("SKU", "sku.code", "code", sort="sku__code"),
        Column("Place", lambda row: row.warehouse.label if row.warehouse else "any"),
        Column("Vendor", lambda row: row.vendor or "–"),
        Column("From", "valid_from", "moment", sort="valid_from"),
        Column("Landed", lambda row: None if row.is_end else Money(row.landed, row.currency), "money", sort="landed"),
        Column("Purchase", lambda row: None if row.is_end else Money(row.purchase, row.currency), "money", is_wide_only=True),
        Column("", lambda row: "ends" if row.is_end else "", "chip"),
        Column("Known", "known_at", "since", sort="known_at"),
        Column("By", "entered_by", is_wide_only=True),
        Column("Source", "source", is_wide_only=True),
    ),
    order_by=("-valid_from", "-known_at", "-pk"),
    link=lambda row: reverse("finance:cost", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="No cost fits. Download the sheet of gaps, fill it in, and upload it.",
    template="finance/costs.html",
)  # fmt: skip


def costs_list(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    context = {**_form(), "wanted": request.GET.get("q", ""), "can": allowed(request, BUTTONS)}
    return listing(request, COSTS, context)


def _form() -> dict[str, Any]:
    return {"amounts": AMOUNTS, "warehouses": inventory.warehouses(), "today": clock.now().date()}


def _enter(request: HttpRequest) -> str:
    code = text(request, "sku", missing="name the SKU")
    known = catalog.codes([code])
    if code not in known:
        raise ValidationError(f"no SKU is called {code!r}")
    place = request.POST.get("warehouse", "")
    entry = Entry(
        sku_id=known[code], warehouse_id=inventory.warehouse_codes().get(place) if place else None,
        vendor=request.POST.get("vendor", "").strip()[:120], valid_from=_day(request, "valid_from"),
        currency=text(request, "currency", missing="name the currency").upper(), **_amounts(request),
    )  # fmt: skip
    made = costs.enter(entry, by=request.user.get_username())
    return f"{code} costs {Money(made.landed, made.currency)} from {made.valid_from} on; profit is computed again"


def _amounts(request: HttpRequest) -> dict[str, Any]:
    """The amounts of the form, as typed with point or comma; an empty one is zero, but the purchase must be there."""
    text(request, "purchase", missing="write what one piece costs")
    given = {name: request.POST.get(name, "").strip() for name in AMOUNTS}
    rate = request.POST.get("vat_rate", "").strip()
    try:
        read: dict[str, Any] = {name: cells.amount(name, typed, mark=".") for name, typed in given.items() if typed}
        return {**read, "vat_rate": cells.percent("vat_rate", rate, mark=".") if rate else None}
    except cells.Problem as problem:
        raise ValidationError(str(problem)) from problem


def _day(request: HttpRequest, name: str) -> date:
    try:
        return cells.day(name, text(request, name, missing="name the day"), today=clock.now().date())
    except cells.Problem as problem:
        raise ValidationError(str(problem)) from problem


def _correct(request: HttpRequest, cost: Cost) -> str:
    amounts = _amounts(request)
    made = costs.correct(cost, by=request.user.get_username(), **amounts)
    return f"Corrected to {Money(made.landed, made.currency)}; what was known before stays in the history"


def _end(request: HttpRequest, cost: Cost) -> str:
    made = costs.end(cost, on=_day(request, "on"), by=request.user.get_username())
    return f"From {made.valid_from} on, no cost is known here"


BUTTONS = {"enter": Button(Action.EDIT_COSTS, _enter)}
OF_ONE = {"correct": Button(Action.EDIT_COSTS, _correct), "end": Button(Action.EDIT_COSTS, _end)}


def cost(request: HttpRequest, pk: int) -> HttpResponse:
    """One row within the history of its key."""
    require(request, Action.VIEW_MONEY)
    found = get_object_or_404(selectors.costs(), pk=pk)
    if request.method == "POST":
        return press(request, OF_ONE, found)
    context = {
        **_form(), "cost": found, "history": list(selectors.history(cost=found)[:SHOWN]), "rule": RULE,
        "parts": [(name, Money(getattr(found, name), found.currency)) for name in AMOUNTS],
        "rate": found.vat_rate * 100 if found.vat_rate is not None else None, "can": allowed(request, OF_ONE),
    }  # fmt: skip
    return page(request, "finance/cost.html", f"Cost of {found.sku.code}", context)


def gaps(request: HttpRequest) -> HttpResponse:
    """Where a cost is missing; `?format=csv` or `xlsx` is the sheet to fill in."""
    require(request, Action.VIEW_MONEY)
    found, wanted = selectors.gaps(), request.GET.get("sku", "")
    skus = {sku.pk: sku for sku in catalog.skus().filter(pk__in={gap.sku_id for gap in found})}
    if wanted:
        found = [gap for gap in found if skus[gap.sku_id].code == wanted]
    places = {place.pk: place for place in inventory.warehouses()}
    last = selectors.suggestions(sku_ids=[gap.sku_id for gap in found])
    kind = request.GET.get("format", "")
    if kind in files.TYPES:
        codes = {pk: place.code for pk, place in places.items()}
        today = clock.now().date().isoformat()
        rows = writing.gap_rows(found, skus=skus, places=codes, last=last, today=today)
        return files.download("cost-gaps", kind, writing.GAP_COLUMNS, rows)
    shown = [(gap, skus[gap.sku_id], places.get(gap.warehouse_id or 0), last.get(gap.sku_id)) for gap in found[:SHOWN]]
    return page(request, "finance/cost_gaps.html", "Missing costs", {"gaps": shown, "count": len(found), "sku": wanted})
