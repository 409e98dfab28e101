"""Listings that sheets speak of: those that rows may mean, and those that a sheet to fill in begins with."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from catalog import demand
from catalog.models import Listing
from config.core.sheets.reading import Given
from marketplaces.selectors import accounts


def named(given: Sequence[Given]) -> list[Listing]:
    """Every listing that these rows may mean, by our SKU or by its name there."""
    keys = {row.cells.get("account", "") for row in given}
    names = {row.cells.get("sku", "").removeprefix("'") for row in given}
    found = Listing.objects.filter(Q(remote_id__in=names) | Q(sku__code__in=names), account__key__in=keys)
    return list(found.select_related("account", "sku__product").order_by("pk"))


def active() -> QuerySet[Listing]:
    found = Listing.objects.filter(status="active").select_related("account", "sku__product")
    return found.order_by("remote_id", "pk")


def names(row: Listing) -> tuple[str, ...]:
    """What a row may call the listing: our SKU before its name there."""
    return (row.sku.code, row.remote_id) if row.sku else (row.remote_id,)


def sold(listings: Sequence[Listing]) -> dict[int, demand.Sold]:
    """What each listing sold in the last 30 days, by its id; those that nothing is known of are left out."""
    found = demand.lately({row.sku_id for row in listings if row.sku_id})
    places = {row.pk: demand.Place(row.account_id, row.channel, row.sku_id) for row in listings if row.sku_id}
    return {pk: found[place] for pk, place in places.items() if place in found}


def keys() -> frozenset[str]:
    """The accounts that a row may name."""
    return frozenset(accounts().values_list("key", flat=True))


def product_type(row: Listing) -> str:
    """Our category, by which refusals are remembered."""
    return row.sku.product.category if row.sku else ""
