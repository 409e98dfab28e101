"""The quality of listings by the weights of the day, and the weights that a client starts with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from catalog import quality
from catalog.mapping.placing import asked_of
from catalog.models import Attribute, Listing, ListingIssue, Placement, QualityWeight, VersionState
from catalog.quality import Quality, Weighted
from config.core import clock

STARTS_ON = date(2020, 1, 1)
SOURCE = "our default from published listing quality scores, read 2026-11"
WEIGHTS = {
    "attributes": "25", "main_image": "10", "image_count": "10", "title": "15", "bullets": "12.5", "enhanced": "12.5",
    "description": "7.5", "search_terms": "7.5",
}  # fmt: skip


def seed() -> None:
    """Give the client the default weights where it has none; safe to run again."""
    QualityWeight.objects.bulk_create(
        [
            QualityWeight(element=element, weight=Decimal(weight), valid_from=STARTS_ON, source=SOURCE)
            for element, weight in WEIGHTS.items()
        ],
        ignore_conflicts=True,
    )


def of_listing(listing: Listing) -> Quality:
    """What the score is made of today; elements that the marketplace does not tell us do not count."""
    place = Placement.objects.filter(sku=listing.sku_id, marketplace=listing.account.marketplace).first()
    rows = [
        Weighted(row.element, row.weight, row.marketplace, row.category, row.valid_from)
        for row in QualityWeight.objects.all()
    ]
    category = place.category_key if place else ""
    weights = quality.weights_on(rows, clock.now().date(), marketplace=listing.account.marketplace, category=category)
    is_blocked = ListingIssue.objects.filter(listing=listing, is_open=True, is_blocking=True).exists()
    fractions = {
        "attributes": _attributes(place), "title": quality.of_title(listing.title),
        "main_image": Decimal(1 if listing.image_url else 0),
    }  # fmt: skip
    return quality.measure(weights, fractions, is_blocked=is_blocked)


def _attributes(place: Placement | None) -> Decimal | None:
    """The share of what the category asks that is in order; None where it asks nothing or the product has no place."""
    if place is None:
        return None
    active = Attribute.objects.filter(
        taxonomy__marketplace=place.marketplace, taxonomy__state=VersionState.ACTIVE,
        category_key__in=["", place.category_key],
    )  # fmt: skip
    asked = [asked_of(row) for row in active]
    if not asked:
        return None
    return max(Decimal(0), Decimal(1) - Decimal(len(place.problems)) / len(asked)).quantize(Decimal("0.01"))
