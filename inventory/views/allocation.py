"""How much of our stock each channel may show: feeds, rules, and offers that change hands."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from catalog import selectors as catalog
from config.core.buttons import Button, allowed, chosen, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from inventory import ledger_filters as filters
from inventory import selectors
from inventory.models import AllocationRule
from inventory.offering import LABELS, RuleKind
from inventory.services import allocation
from marketplaces.selectors import accounts


def _place(row: AllocationRule) -> str:
    told = (row.account and row.account.label, row.channel, row.sku and row.sku.code, row.listing and str(row.listing))
    return " · ".join(str(each) for each in told if each) or "everything"


RULES = Listing(
    title="Allocation",
    subtitle="An offer shows what is on hand, less what orders hold, less a buffer, within these rules. Of each kind the "
    "most specific one counts: listing before SKU before store before account.",
    queryset=lambda request: selectors.allocation_rules(),
    filterset=filters.RuleFilter,
    columns=(
        Column("Rule", "get_kind_display"),
        Column("Value", "value", "number", sort="value"),
        Column("For", _place),
        Column("Note", "note", is_wide_only=True),
        Column("Set by", "set_by", is_wide_only=True),
        Column("Since", "set_at", "since", sort="set_at"),
    ),
    order_by=("kind", "pk"),
    actions={"lift": "Take away"},
    action_permission=Action.MANAGE_STOCK,
    template="inventory/allocation.html",
    empty="No rule: every channel shows all that is free.",
)


def _set(request: HttpRequest) -> str:
    kind, value = request.POST.get("kind", ""), text(request, "value", missing="say how much")
    if kind not in LABELS or not value.isdecimal():
        raise ValidationError("choose a rule and a whole number")
    sku = request.POST.get("sku", "").strip()
    found = catalog.skus().filter(code=sku).first() if sku else None
    if sku and found is None:
        raise ValidationError(f"no SKU is called {sku}")
    account = accounts().filter(key=request.POST.get("account", "")).first()
    row = allocation.limit(
        RuleKind(kind), int(value), by=request.user.get_username(), account=account, sku=found,
        channel=request.POST.get("channel", "").strip(), note=request.POST.get("note", "").strip()[:200],
    )  # fmt: skip
    return f"{LABELS[RuleKind(kind)].capitalize()}: {row.value}, for {_place(row)}; its offers are computed again"


def _lift(request: HttpRequest) -> str:
    rows = list(selectors.allocation_rules().filter(pk__in=chosen(request)))
    for row in rows:
        allocation.lift(row)
    return f"{len(rows)} taken away; their offers are computed again"


def _feed(request: HttpRequest) -> str:
    row = get_object_or_404(selectors.feeds(), pk=request.POST.get("feed"))
    made = allocation.feed(
        row.account, row.warehouse, priority=row.priority, is_publishing=request.POST.get("publishes") == "on"
    )
    told = "are written from here" if made.is_publishing else "are no longer written from here"
    return f"Quantities of {row.account.label} {told}"


BUTTONS = {
    "set": Button(Action.MANAGE_STOCK, _set),
    "lift": Button(Action.MANAGE_STOCK, _lift),
    "feed": Button(Action.MANAGE_STOCK, _feed),
}


def rules(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    above = {
        "feeds": selectors.feeds(), "kinds": [(kind.value, label) for kind, label in LABELS.items()],
        "accounts": accounts(), "can": allowed(request, BUTTONS), "here": "allocation",
    }  # fmt: skip
    return listing(request, RULES, above)
