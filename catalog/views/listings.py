"""Our offers in the storefronts: the list, and one with its prices, problems, competition and what we write to it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import selectors
from catalog.filters import ListingFilter
from catalog.models import Listing as ListingRow
from catalog.models import OnDrift, Owner
from catalog.services import listings as offers
from catalog.services import owners, quality
from catalog.views import publishing, words
from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.money import LossyAmount, Money, decimal, minor_unit, quantise
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import selectors as writes
from marketplaces import subjects
from marketplaces.models import Command
from marketplaces.services import batches
from marketplaces.views import outbox

MOST_DIGITS = 9
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


def _price(request: HttpRequest, found: ListingRow) -> str:
    told = text(request, "price", missing="say the new price")
    try:
        wanted = Money(decimal(told), request.POST.get("currency", ""))
    except (LossyAmount, ValueError) as error:
        raise ValidationError(f"{told!r} is not a price; write it like 12.30") from error
    offers.set_price(found, wanted, outbox.wish(request))
    return f"{wanted} is on its way; it counts when the marketplace shows it"


def _quantity(request: HttpRequest, found: ListingRow) -> str:
    told = text(request, "quantity", missing="say how many there are")
    if not told.isdecimal() or len(told) > MOST_DIGITS:
        raise ValidationError(f"{told!r} is not a count of units")
    offers.set_quantity(found, int(told), outbox.wish(request))
    return f"{int(told)} units are on their way; they count when the marketplace shows them"


def _own(request: HttpRequest, found: ListingRow) -> str:
    field, owner = request.POST.get("field", ""), request.POST.get("owner", "")
    if owner == "account":
        owners.as_account(found, field)
        return f"{field}: what is said for the account holds"
    whole = None if request.POST.get("for") == "account" else found
    by, drift = request.user.get_username(), request.POST.get("on_drift", "ask")
    owners.set_owner(found.account, field, listing=whole, owner=owner, on_drift=drift, by=by)
    return f"{field}: said for {'this listing' if whole else 'all listings of the account'}"


BUTTONS = {
    "own": Button(Action.WRITE_MARKETPLACE, _own),
    "set_price": Button(Action.WRITE_MARKETPLACE, _price),
    "set_stock": Button(Action.WRITE_MARKETPLACE, _quantity),
    **words.BUTTONS,
}


def one(request: HttpRequest, pk: int) -> HttpResponse:
    """A listing with its price over time, what the marketplace reports, who else sells it, and our writes to it."""
    found = get_object_or_404(ListingRow.objects.select_related("account", "sku"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    prices = selectors.prices_of(listing_id=found.pk)
    context = {
        "listing": found,
        "prices": prices,
        "points": [(each.since, each.sale_price or each.price) for each in prices],
        "issues": list(selectors.issues_of(listing_id=found.pk)),
        "offers": list(selectors.offers_of(listing=found)),
        "now": clock.now(),
        "owned": owners.of_listing(found),
        "owners": Owner.choices,
        "drifts": OnDrift.choices,
        "quality": quality.of_listing(found),
        "can": allowed(request, BUTTONS),
        "step": str(minor_unit(found.currency)),
        "price": "" if found.price is None else str(quantise(found.price, found.currency)),
        "fields": publishing.of_listing(found.pk),
        "words": batches.hints(found.account),
        "lacking": batches.lacking(found.account),
        **outbox.about(found.account, list(_writes(found))),
    }
    return page(request, "catalog/listing.html", found.remote_id, context)


def _writes(found: ListingRow) -> QuerySet[Command]:
    asked = writes.commands_about(account_id=found.account_id, subject=subjects.sku(found.remote_id))
    return asked.filter(channel=found.channel)[: outbox.LATEST]
