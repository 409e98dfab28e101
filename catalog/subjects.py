"""Which of our listings the marketplaces' clients should ask about next."""

from __future__ import annotations

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from catalog.models import CategoryRule, Listing, OfferSnapshot, VersionState
from config.core import clock
from marketplaces.canonical import IdentifierKind, ListingStatus
from marketplaces.selectors import accounts
from marketplaces.subjects import Subject

MOST = 200
OBSERVED, TAXONOMY = "offers", "taxonomy"


def of_account(account_id: int, resource: str) -> list[Subject]:
    """For the taxonomy the categories we map to; else at most 200 active listings.

    For offers those observed longest ago, for others a slice that moves on every hour.
    """
    if resource == TAXONOMY:
        return _mapped_to(account_id)
    listings = Listing.objects.filter(account=account_id, status=ListingStatus.ACTIVE)
    chosen = _stalest(listings) if resource == OBSERVED else _slice_of_the_hour(listings)
    return [_subject(listing) for listing in chosen]


def _mapped_to(account_id: int) -> list[Subject]:
    """The marketplace's categories that our rules name, in any version that counts or may count."""
    marketplace = accounts().values_list("marketplace", flat=True).get(pk=account_id)
    rules = CategoryRule.objects.filter(mapping__marketplace=marketplace).exclude(mapping__state=VersionState.RETIRED)
    return [{"item": key} for key in rules.order_by("target").values_list("target", flat=True).distinct()]


def _stalest(listings: QuerySet[Listing]) -> list[Listing]:
    seen = OfferSnapshot.objects.filter(
        account=OuterRef("account"), channel=OuterRef("channel"), remote_id=OuterRef("remote_id")
    )
    newest = seen.order_by().values("remote_id").annotate(at=Max("observed_at")).values("at")
    found = listings.annotate(seen_at=Subquery(newest)).order_by(F("seen_at").asc(nulls_first=True), "pk")
    return list(found[:MOST])


def _slice_of_the_hour(listings: QuerySet[Listing]) -> list[Listing]:
    slices = -(-listings.count() // MOST) or 1
    start = int(clock.now().timestamp() // 3600) % slices * MOST
    return list(listings.order_by("pk")[start : start + MOST])


def _subject(listing: Listing) -> Subject:
    ids = {item["kind"]: item["value"] for item in listing.product_ids}
    return {
        "sku": listing.remote_id,
        "channel": listing.channel,
        "external_id": listing.external_id,
        "item": ids.get(IdentifierKind.MARKETPLACE_ITEM, ""),
        "gtin": ids.get(IdentifierKind.GTIN, ""),
    }
