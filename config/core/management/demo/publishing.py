"""A few wishes for prices in each account, as people and programs have them, so that the rooms are not empty."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from catalog.models import FieldOwner, Listing, OfferField
from catalog.publishing import parity
from catalog.services import publishing
from catalog.services.publishing import Want
from config.core import clock
from marketplaces.models import Account

OFFERS = 6
DEAR = Decimal("1.8")
BY = "operations"


def wish() -> None:
    """Prices a little up, one far too high, and one field of another tool in each account; then a comparison."""
    if OfferField.objects.filter(field="price").exists():
        return
    for account in Account.objects.filter(stage="act").order_by("pk"):
        _wish_for(account)


def _wish_for(account: Account) -> None:
    mine = Listing.objects.filter(account=account, status="active", fulfilment="merchant", price__gt=2).order_by("pk")
    found = list(mine.exclude(currency="")[:OFFERS])
    if found:
        FieldOwner.objects.get_or_create(
            account=account, listing=found[-1], field="price",
            defaults={"owner": "other", "set_by": BY, "set_at": clock.now()},
        )  # fmt: skip
    publishing.want(_prices(found))
    parity.compare(account.pk)


def _prices(found: list[Listing]) -> Iterator[Want]:
    for place, listing in enumerate(found):
        price = listing.price or Decimal(0)
        wanted = price * DEAR if place == 1 else price + Decimal("0.50")
        yield Want(
            listing_id=listing.pk, field="price", value=wanted.quantize(Decimal("0.01")), cause="weekly price review",
            cause_at=clock.now(), asked_by=BY,
        )  # fmt: skip
