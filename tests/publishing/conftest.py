"""An account of the stall that may act, with listings of its own, and the way of its writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from catalog.models import Listing, OfferField
from catalog.publishing import deltas
from catalog.services.publishing import Want
from config.core import clock
from marketplaces.models import Account
from marketplaces.services import batches
from tests.factories import NOON
from tests.marketplaces.conftest import at_noon, remote, shop

__all__ = ["at_noon", "remote", "shop"]


@pytest.fixture
def acting(shop: Account) -> Account:
    shop.stage = "act"
    shop.save()
    return shop


def offer(account: Account, name: str = "MUG", **changes: Any) -> Listing:
    values = {
        "channel": "NL", "status": "active", "fulfilment": "merchant", "quantity": 5, "price": Decimal("12.30"),
        "currency": "EUR", "changed_at": NOON,
    }  # fmt: skip
    return Listing.objects.create(account=account, external_id=name, remote_id=name, **values | changes)


def wish(listing: Listing, value: object, field: str = "quantity", **changes: Any) -> Want:
    given = {"listing_id": listing.pk, "field": field, "value": value, "cause": "a sale", "cause_at": clock.now()}
    return Want(**{**given, **changes})


def field(listing: Listing, name: str = "quantity") -> OfferField:
    return OfferField.objects.get(listing=listing, field=name)


def publish(account: Account) -> dict[str, int]:
    """Publish what is due, send it and read it back."""
    told = deltas.publish(account.pk)
    batches.send_planned(account.pk)
    batches.look_again(account.pk)
    return told
