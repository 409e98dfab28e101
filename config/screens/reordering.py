"""What to order and what it costs: proposals with their reasons, approved from here."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.buttons import Button, chosen, press
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from finance.selectors.worth import with_cost
from inventory import supply
from inventory.models import Coverage
from inventory.services import proposals
from inventory.supply_filters import CoverFilter
from inventory.views.cover import note

_CASH = ExpressionWrapper(
    (F("proposed") - F("transfer")) * F("unit_cost"), output_field=DecimalField(max_digits=19, decimal_places=4)
)


def _proposed(request: HttpRequest) -> QuerySet[Coverage]:
    """Proposals with the cash that they need, in the currency of their cost; what only moves house needs none."""
    return with_cost(supply.cover().filter(proposed__gt=0)).annotate(cash=_CASH)


def _cash(row: Any) -> Money | None:
    return None if row.cash is None else Money(row.cash, row.cost_currency)


def _approve(request: HttpRequest) -> str:
    made = proposals.approve(chosen(request), by=request.user.get_username())
    return "Planned: " + ", ".join(f"{shipment.kind} {shipment.reference}" for shipment in made)


BUTTONS = {"approve": Button(Action.PLAN_SUPPLY, _approve)}
REPLENISHMENT = Listing(
    title="Replenishment",
    subtitle="What to order so that the goods last through lead time, review and cover: whole packs, and no less than the "
    "supplier accepts. What lies idle elsewhere is moved first.",
    queryset=_proposed,
    filterset=CoverFilter,
    columns=(
        Column("SKU", "sku.code", sort="sku__code"),
        Column("Place", supply.pool_label, sort="warehouse__label"),
        Column("Available", "available", "number", sort="available"),
        Column("Lasts, days", "days", "number", sort="days"),
        Column("On the way", "ordered", "number", sort="ordered"),
        Column("Proposed", "proposed", "number", sort="proposed"),
        Column("Of it moved", lambda row: row.transfer or None, "number"),
        Column("Cash need", _cash, "money", sort="cash"),
        Column("Supplier", "sku.supplier", sort="sku__supplier"),
        Column("Lead, days", "lead_days", "number", sort="lead_days", is_wide_only=True),
        Column("Because", note, is_wide_only=True),
    ),
    order_by=("days", "pk"),
    link=lambda row: reverse("stock_of", args=[row.sku.code]),
    actions={"approve": "Plan what is ticked"},
    action_permission=Action.PLAN_SUPPLY,
    template="inventory/replenishment.html",
    empty="Nothing to order: all SKUs with a known lead time last long enough.",
)


def replenishment(request: HttpRequest) -> HttpResponseBase:
    """The list with the cash need above it; a refresh of the table alone asks for no sums."""
    if request.method == "POST":
        return press(request, BUTTONS)
    is_part = bool(getattr(request, "htmx", None)) or request.GET.get("format") == "csv"
    return listing(request, REPLENISHMENT, {} if is_part else _above())


def _above() -> dict[str, Any]:
    rows = with_cost(Coverage.objects.filter(proposed__gt=0)).annotate(cash=_CASH).order_by()
    sums = (
        rows.values_list("cost_currency").annotate(Sum("cash"), Count("pk"), Sum("proposed")).order_by("cost_currency")
    )
    found = list(sums)
    return {
        "cash": [Money(amount, currency) for currency, amount, *_ in found if currency],
        "without_cost": sum(count for currency, _, count, _ in found if not currency),
        "proposals": sum(count for _, _, count, _ in found),
        "units": sum(units for *_, units in found),
        "policy": supply.policy(),
    }
