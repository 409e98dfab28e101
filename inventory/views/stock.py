"""Where goods lie: totals, each pool, and each product in it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.screens import Column, Listing, listing
from inventory import selectors
from inventory.filters import StockFilter

STOCK = Listing(
    title="Stock",
    subtitle="Units per product and place, as the holder of the goods says. A dash means that it does not say.",
    queryset=lambda request: selectors.levels(),
    filterset=StockFilter,
    columns=(
        Column("Product", "remote_id", sort="remote_id"),
        Column("Title", "sku.title", is_wide_only=True),
        Column("Place", "warehouse.label", sort="warehouse__label"),
        Column("Available", "available", "number", sort="available"),
        Column("Reserved", "reserved", "number", sort="reserved"),
        Column("On the way", "inbound", "number", sort="inbound"),
        Column("Unsellable", "unsellable", "number", sort="unsellable", is_wide_only=True),
        Column("As of", "observed_at", "since", sort="observed_at"),
    ),
    order_by=("available", "pk"),
    link=lambda row: reverse("sku", args=[row.sku.code]) if row.sku else "",
    template="inventory/stock.html",
    empty="No stock level fits.",
)


def stock(request: HttpRequest) -> HttpResponseBase:
    """The list with the totals above it; a refresh of the table alone asks for no totals."""
    is_part = bool(getattr(request, "htmx", None)) or request.GET.get("format") == "csv"
    above = {} if is_part else {"totals": selectors.stock_totals(), "pools": selectors.pools()}
    return listing(request, STOCK, above)
