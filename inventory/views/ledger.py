"""Our own shelves: every move, what orders hold, and what they lack."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.screens import Column, Listing, listing
from inventory import ledger_filters as filters
from inventory import selectors


def _sku(row: Any) -> str:
    return reverse("sku", args=[row.sku.code])


def _order(row: Any) -> str:
    return reverse("order", args=[row.order_line.order_id])


LEVELS = Listing(
    title="Own shelves",
    subtitle="Units in our own warehouses, as moves and reservations add up. Nothing else changes them.",
    queryset=lambda request: selectors.holdings(),
    filterset=filters.HoldingFilter,
    columns=(
        Column("SKU", "sku.code", sort="sku__code"),
        Column("Title", "sku.title", is_wide_only=True),
        Column("Warehouse", "warehouse.label", sort="warehouse__label"),
        Column("On hand", "on_hand", "number", sort="on_hand"),
        Column("Reserved", "reserved", "number", sort="reserved"),
        Column("Available", "available", "number", sort="available"),
    ),
    order_by=("available", "pk"),
    link=lambda row: f"{reverse('inventory:moves')}?q={row.sku.code}&warehouse={row.warehouse.code}",
    template="inventory/ledger.html",
    empty="No warehouse of ours holds anything yet: count it, or receive a delivery.",
)
MOVES = Listing(
    title="Stock moves",
    subtitle="Every unit that came or went, and why. A move is never changed; a mistake gets a second one.",
    queryset=lambda request: selectors.stock_moves(),
    filterset=filters.MoveFilter,
    columns=(
        Column("When (UTC)", "happened_at", "moment", sort="happened_at"),
        Column("SKU", "sku.code"),
        Column("Warehouse", "warehouse.label"),
        Column("Kind", "get_kind_display", "badge"),
        Column("Units", lambda row: f"{row.quantity:+,}", "number", sort="quantity"),
        Column("Reason", lambda row: row.reason.replace("_", " "), is_wide_only=True),
        Column("Belongs to", "reference"),
        Column("Account", "account.label", is_wide_only=True),
        Column("Note", "note", is_wide_only=True),
        Column("Recorded by", "recorded_by", is_wide_only=True),
    ),
    order_by=("-recorded_at", "-pk"),
    link=_sku,
    template="inventory/ledger.html",
    empty="No move fits.",
)
RESERVATIONS = Listing(
    title="Reservations",
    subtitle="What orders hold of our shelves until it ships, is cancelled or is not paid for in time.",
    queryset=lambda request: selectors.reservations(),
    filterset=filters.ReservationFilter,
    columns=(
        Column("Order", "order_line.order_ref"),
        Column("Account", "order_line.account.label"),
        Column("SKU", "sku.code"),
        Column("Warehouse", "warehouse.label"),
        Column("Held", "held", "number", sort="held"),
        Column("Shipped", "shipped", "number", sort="shipped"),
        Column("Paid for by", "expires_at", "moment", sort="expires_at", is_wide_only=True),
        Column("Since", "reserved_at", "since", sort="reserved_at"),
    ),
    order_by=("-held", "-reserved_at", "pk"),
    link=_order,
    template="inventory/ledger.html",
    empty="No order holds anything.",
)
SHORTAGES = Listing(
    title="Shortages",
    subtitle="Units that orders were promised and no shelf of ours has, and units that left though the ledger had none.",
    queryset=lambda request: selectors.lacks(),
    filterset=filters.ShortageFilter,
    columns=(
        Column("Order", "order_line.order_ref"),
        Column("Account", "account.label"),
        Column("SKU", "sku.code"),
        Column("Missing", "missing", "number", sort="missing"),
        Column("Left without stock", "unbacked", "number", sort="unbacked"),
        Column("Ship by", "order_line.order.ship_by", "since"),
        Column("State", lambda row: "open" if row.units else "covered", "badge"),
        Column("Since", "since", "since", sort="since"),
    ),
    order_by=("-units", "-since", "pk"),
    link=_order,
    template="inventory/ledger.html",
    empty="Every promise is covered.",
)


def levels(request: HttpRequest) -> HttpResponseBase:
    return listing(request, LEVELS, {"here": "levels"})


def moves(request: HttpRequest) -> HttpResponseBase:
    return listing(request, MOVES, {"here": "moves"})


def reservations(request: HttpRequest) -> HttpResponseBase:
    return listing(request, RESERVATIONS, {"here": "reservations"})


def shortages(request: HttpRequest) -> HttpResponseBase:
    return listing(request, SHORTAGES, {"here": "shortages"})
