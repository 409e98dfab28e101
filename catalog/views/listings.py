"""Our offers in the storefronts: the list, and one with its prices, problems and competition."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import selectors
from catalog.filters import ListingFilter
from catalog.models import Listing as ListingRow
from config.core import clock
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require

LISTINGS = Listing(
    title="Listings",
    subtitle="What each storefront offers of yours: price, quantity, state and the problems that it reports.",
    queryset=lambda request: selectors.listings(),
    filterset=ListingFilter,
    columns=(
        Column("Listing", "remote_id", sort="remote_id"),
        Column("Title", "title", is_wide_only=True),
        Column("Account", "account.label", sort="account__label"),
        Column("Store", "channel", "chip", sort="channel"),
        Column("SKU", "sku.code", sort="sku__code", is_wide_only=True),
        Column("State", "status", "badge", sort="status"),
        Column("Price", lambda row: (row.price, row.currency), "money", sort="price"),
        Column("Quantity", "quantity", "number", sort="quantity"),
        Column("Problems", "problems", "number"),
        Column("Changed", "changed_at", "since", sort="changed_at", is_wide_only=True),
    ),
    order_by=("status", "pk"),
    link=lambda row: reverse("catalog:listing", args=[row.pk]),
    empty="No listing fits. They appear once an account's listings were read.",
)


def listings(request: HttpRequest) -> HttpResponseBase:
    return listing(request, LISTINGS)


def one(request: HttpRequest, pk: int) -> HttpResponse:
    """A listing with its price over time, what the marketplace reports, and who else sells the product."""
    require(request, Action.VIEW)
    found = get_object_or_404(ListingRow.objects.select_related("account", "sku"), pk=pk)
    prices = selectors.prices_of(listing_id=found.pk)
    context = {
        "listing": found,
        "prices": prices,
        "points": [(each.since, each.sale_price or each.price) for each in prices],
        "issues": list(selectors.issues_of(listing_id=found.pk)),
        "offers": list(selectors.offers_of(listing=found)),
        "now": clock.now(),
    }
    return page(request, "catalog/listing.html", found.remote_id, context)
