"""The list of SKUs."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from catalog import selectors
from catalog.filters import SkuFilter
from config.core.screens import Column, Listing, listing

SKUS = Listing(
    title="Products",
    subtitle="What you own and sell, by SKU. Each is one thing in stock, under however many names and listings.",
    queryset=lambda request: selectors.skus_with_listings(),
    filterset=SkuFilter,
    columns=(
        Column("SKU", "code", sort="code"),
        Column("Title", "title", sort="title"),
        Column("Brand", "product.brand.name", sort="product__brand__name"),
        Column("Category", "product.category", is_wide_only=True),
        Column("Kind", "kind", "chip", is_wide_only=True),
        Column("Listings", "listed", "number"),
        Column("Selling", "live", "number"),
        Column("Focus", lambda row: "focus" if row.is_focus else "", "chip", is_wide_only=True),
        Column("State", lambda row: "retired" if row.is_retired else "active", "badge", is_wide_only=True),
    ),
    order_by=("code",),
    link=lambda row: reverse("sku", args=[row.code]),
    empty="No SKU fits. Clear the filters, or register one from an unlinked product.",
)


def skus(request: HttpRequest) -> HttpResponseBase:
    return listing(request, SKUS)
