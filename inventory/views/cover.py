"""How long each SKU lasts in each pool, and what to order."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.screens import Column, Listing, listing
from inventory import supply
from inventory.models import Coverage
from inventory.supply_filters import CoverFilter

WHY = {
    "no_level": "nobody says how many there are",
    "no_velocity": "sales are not known yet",
    "no_demand": "nothing is sold",
    "few_days_in_stock": "fewer than 7 days in stock",
    "several_pools": "nobody says which of several pools sold it",
    "no_lead_time": "lead time missing",
    "no_deviation": "too few whole days in stock",
    "lead_time_constant": "lead time taken as constant",
    "least_order": "raised to the least order",
    "wider_window": "by a longer window",
    "category": "by its category",
    "enough": "enough",
}


def _lasting(row: Coverage) -> object:
    return WHY.get(row.why, row.why) if row.days is None else row.days


def _speed(row: Coverage) -> object:
    return None if row.velocity is None else f"{row.velocity:.2f}"


def note(row: Coverage) -> str:
    """What a person should know about the figures of a row."""
    return ", ".join(filter(None, (WHY.get(row.velocity_note, ""), WHY.get(row.proposal_why, ""))))


WHERE = (
    Column("SKU", "sku.code", sort="sku__code"),
    Column("Title", "sku.title", is_wide_only=True),
    Column("Place", supply.pool_label, sort="warehouse__label"),
    Column("Available", "available", "number", sort="available"),
    Column("A day", _speed, "number", sort="velocity"),
    Column("Lasts, days", _lasting, "number", sort="days"),
)
COVERAGE = Listing(
    title="Stock cover",
    subtitle="How many days each SKU lasts in each place, by sales corrected for the days without stock. What arrives "
    "before it runs out is counted in.",
    queryset=lambda request: supply.cover(),
    filterset=CoverFilter,
    columns=(
        *WHERE,
        Column("Cover", "state", "badge"),
        Column("Runs out", "runs_out_on", "moment", sort="runs_out_on"),
        Column("On the way", "ordered", "number", sort="ordered"),
        Column("Sold in 30 days", "sold_30", "number", sort="sold_30", is_wide_only=True),
        Column("Days in stock of 30", "in_stock_30", "number", is_wide_only=True),
    ),
    order_by=("days", "pk"),
    link=lambda row: reverse("stock_of", args=[row.sku.code]),
    empty="No SKU fits. Cover is measured every six hours from stock and sales.",
)


def coverage(request: HttpRequest) -> HttpResponseBase:
    return listing(request, COVERAGE)
