"""What is asked of a marketplace for a listing of ours; the listing itself changes when it is read back."""

from __future__ import annotations

from django.db import transaction

from catalog.models import Listing
from catalog.models.publishing import PRICE, QUANTITY
from catalog.services import publishing
from config.core.money import Money
from marketplaces.models import Command
from marketplaces.services import writes


def set_price(listing: Listing, price: Money, wish: writes.Wish) -> Command:
    """Ask for a price as the buyer sees it, in the listing's own currency; raises ValidationError."""
    with transaction.atomic():
        command = writes.price(_offer(listing), price, wish)
        publishing.written(listing, PRICE, price.amount, command)
    return command


def set_quantity(listing: Listing, quantity: int, wish: writes.Wish) -> Command:
    """Ask for so many units of our own stock to be offered; raises ValidationError."""
    with transaction.atomic():
        command = writes.stock(_offer(listing), quantity, wish)
        publishing.written(listing, QUANTITY, quantity, command)
    return command


def _offer(listing: Listing) -> writes.Offer:
    return writes.Offer(
        account=listing.account, channel=listing.channel, sku=listing.remote_id, external_id=listing.external_id,
        currency=listing.currency, fulfilment=listing.fulfilment,
    )  # fmt: skip
