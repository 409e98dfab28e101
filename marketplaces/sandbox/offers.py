"""Who else sells a product, and who is shown first."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from config.core.money import Money
from marketplaces.canonical import Fulfilment
from marketplaces.sandbox import tariffs
from marketplaces.sandbox.facts import WorldCompetitor, WorldListing, WorldOffer
from marketplaces.sandbox.stage import Stage

MOVES_EVERY_DAYS = 3
NOBODY_FEATURED = 0.04


def offer(stage: Stage, listing: WorldListing, at: datetime) -> WorldOffer:
    """The offers of one product: the cheapest delivered price is featured, ours in a tie of two percent."""
    move = stage.day_of(at) // MOVES_EVERY_DAYS
    others = [_competitor(stage, listing, place, move) for place in range(stage.pick(0, 5, "rivals", listing.serial))]
    if stage.share("featured", listing.serial, move) < NOBODY_FEATURED:
        return WorldOffer(listing, at, None, tuple(others))
    cheapest = min(others, key=lambda other: other.price + other.shipping, default=None)
    is_own = listing.quantity > 0 and (
        cheapest is None or listing.price.amount <= (cheapest.price + cheapest.shipping).amount * Decimal("1.02")
    )
    shown = tuple(_featured(other, is_featured=other is cheapest and not is_own) for other in others)
    return WorldOffer(listing, at, is_own if is_own or cheapest else None, shown)


def _competitor(stage: Stage, listing: WorldListing, place: int, move: int) -> WorldCompetitor:
    percent = stage.pick(94, 118, "rival price", listing.serial, place, move)
    is_free = stage.share("rival shipping", listing.serial, place) < 0.6
    currency = listing.price.currency
    shipping = Money(Decimal(0), currency) if is_free else tariffs.in_currency(tariffs.SHIPPING_EUR, currency)
    return WorldCompetitor(
        seller_serial=stage.pick(1, 60, "rival", listing.product.serial, place) * 10 + place,
        price=tariffs.part(listing.price, Decimal(percent) / 100),
        shipping=shipping,
        fulfilment=Fulfilment.MARKETPLACE if stage.share("rival pool", place) < 0.5 else Fulfilment.MERCHANT,
        is_featured=False,
    )


def _featured(other: WorldCompetitor, *, is_featured: bool) -> WorldCompetitor:
    return WorldCompetitor(other.seller_serial, other.price, other.shipping, other.fulfilment, is_featured)
