"""Goods that came back."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from inventory import selectors
from inventory.filters import ReturnFilter
from inventory.models import Return, Warehouse
from inventory.models.ledger import RESTOCK_REASONS, WRITE_OFF_REASONS
from inventory.services import returns as services

MOST_DIGITS = 6
_HANDLED = {True: "handled", False: "waiting", None: ""}


RETURNS = Listing(
    title="Returns",
    subtitle="What came back, with the reason that the marketplace gives, and what was found of it.",
    queryset=lambda request: selectors.returns().annotate(looked_at=Sum("checks__units")),
    filterset=ReturnFilter,
    columns=(
        Column("Order", "order_ref"),
        Column("Product", "remote_id"),
        Column("Account", "account.label"),
        Column("Units", "quantity", "number", sort="quantity"),
        Column("Reason", lambda row: row.reason.replace("_", " ").lower()),
        Column("Condition", lambda row: row.disposition.replace("_", " ").lower(), is_wide_only=True),
        Column("State", lambda row: _HANDLED[row.is_handled], "badge"),
        Column("Looked at", lambda row: f"{row.looked_at or 0} of {row.quantity}", is_wide_only=True),
        Column("Came back (UTC)", "returned_at", "moment", sort="returned_at"),
    ),
    order_by=("-returned_at", "-pk"),
    link=lambda row: reverse("inventory:return", args=[row.pk]),
    empty="Nothing came back.",
)


def returns(request: HttpRequest) -> HttpResponseBase:
    return listing(request, RETURNS)


def goods_back(request: HttpRequest, pk: int) -> HttpResponse:
    """One return: what was found of it, and the buttons that put it back on a shelf or keep it out."""
    found = get_object_or_404(selectors.returns(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    about = {
        "found": found, "checks": found.checks.select_related("move__warehouse").order_by("checked_at", "pk"),
        "left": services.left(found), "houses": Warehouse.objects.filter(account=None).order_by("code"),
        "sellable": RESTOCK_REASONS, "unsellable": WRITE_OFF_REASONS, "can": allowed(request, BUTTONS),
        "is_ours": found.fulfilment != "marketplace",
    }  # fmt: skip
    return page(request, "inventory/return.html", f"Return {found.external_id}", about)


def _restock(request: HttpRequest, found: Return) -> str:
    house = get_object_or_404(Warehouse, code=request.POST.get("warehouse", ""), account=None)
    made = services.check(found, _finding(request, house), by=request.user.get_username())
    return f"{made.units} units are back on the shelf of {house}"


def _keep_out(request: HttpRequest, found: Return) -> str:
    made = services.check(found, _finding(request, None), by=request.user.get_username())
    return f"{made.units} units are kept out: {made.reason}"


def _finding(request: HttpRequest, house: Warehouse | None) -> services.Finding:
    units = request.POST.get("units", "")
    if not units.isdecimal() or len(units) > MOST_DIGITS:
        raise ValidationError(f"{units!r} is not a count of units")
    note = request.POST.get("note", "").strip()
    return services.Finding(units=int(units), reason=request.POST.get("reason", ""), warehouse=house, note=note)


BUTTONS = {"restock": Button(Action.MANAGE_STOCK, _restock), "keep_out": Button(Action.MANAGE_STOCK, _keep_out)}
