"""Counts of our own shelves: said, agreed to, booked."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.selectors import codes
from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from inventory import ledger_filters as filters
from inventory import selectors
from inventory.models import CountState, StockCount
from inventory.services import counts as services

COUNTS = Listing(
    title="Counts",
    subtitle="What was found on a shelf against what the ledger says. A large difference waits for a second person.",
    queryset=lambda request: selectors.counts(),
    filterset=filters.CountFilter,
    columns=(
        Column("Count", lambda row: f"#{row.pk}"),
        Column("Warehouse", "warehouse.label"),
        Column("SKUs", "skus", "number"),
        Column("Units that differ", "differs", "number", sort="differs"),
        Column("State", "get_state_display", "badge", sort="state"),
        Column("Counted by", "proposed_by"),
        Column("When", "proposed_at", "since", sort="proposed_at"),
        Column("Decided by", "decided_by", is_wide_only=True),
        Column("Note", "note", is_wide_only=True),
    ),
    order_by=("-proposed_at", "-pk"),
    link=lambda row: reverse("inventory:count", args=[row.pk]),
    template="inventory/counts.html",
    empty="Nothing was counted yet.",
)


def _lines(told: str) -> dict[int, int]:
    """`CODE units` per line; raises ValidationError naming each line that cannot be read."""
    rows = [line.replace(";", " ").replace(",", " ").split() for line in told.splitlines() if line.strip()]
    if wrong := [" ".join(row) for row in rows if len(row) != 2 or not row[1].isdecimal()]:
        raise ValidationError(f"a line holds a SKU and a whole number: {'; '.join(wrong[:5])}")
    known = codes(row[0] for row in rows)
    if missing := [code for code, _ in rows if code not in known]:
        raise ValidationError(f"no SKU is called {', '.join(missing[:5])}")
    return {known[code]: int(units) for code, units in rows}


def _propose(request: HttpRequest) -> str:
    house = get_object_or_404(selectors.warehouses(), code=request.POST.get("warehouse"))
    counted = _lines(text(request, "lines", missing="say what was found, a SKU and a number per line"))
    note = request.POST.get("note", "").strip()
    made = services.propose(house, counted, by=request.user.get_username(), note=note)
    is_booked = made.state == CountState.APPLIED
    return f"Count #{made.pk} is booked" if is_booked else f"Count #{made.pk} differs much: a second person must agree"


def _approve(request: HttpRequest, found: StockCount) -> str:
    services.approve(found, by=request.user.get_username())
    return "Booked"


def _reject(request: HttpRequest, found: StockCount) -> str:
    why = text(request, "reason", missing="say why; whoever counted will ask")
    services.reject(found, by=request.user.get_username(), reason=why)
    return "Rejected: nothing was booked"


LIST_BUTTONS = {"propose": Button(Action.MANAGE_STOCK, _propose)}
BUTTONS = {"approve": Button(Action.APPROVE_STOCK, _approve), "reject": Button(Action.APPROVE_STOCK, _reject)}


def counts(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, LIST_BUTTONS)
    own = [house for house in selectors.warehouses() if house.account_id is None]
    return listing(request, COUNTS, {"houses": own, "can": allowed(request, LIST_BUTTONS), "here": "counts"})


def count(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.counts(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    context = {
        "found": found, "lines": found.lines.select_related("sku").order_by("sku__code"), "here": "counts",
        "is_waiting": found.state == CountState.PROPOSED, "can": allowed(request, BUTTONS),
    }  # fmt: skip
    return page(request, "inventory/count.html", f"Count #{found.pk}", context)
