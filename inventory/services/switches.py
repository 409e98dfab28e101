"""An offer goes over to a marketplace's warehouse in two steps, so that none of our units is for sale meanwhile."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from catalog.models import Listing
from config.core import clock
from inventory.models import FulfilmentSwitch, SwitchState
from inventory.services import offers

OPEN = (SwitchState.ZEROING, SwitchState.ENABLING)
_CONFIRMED = """
UPDATE inventory_fulfilmentswitch switch SET state = 'enabling', zero_confirmed_at = %(now)s
FROM catalog_offerfield field WHERE switch.state = 'zeroing' AND field.listing_id = switch.listing_id
  AND field.field = 'quantity' AND field.state = 'confirmed' AND field.wanted = '0' AND field.confirmed = '0'
  AND field.confirmed_at >= switch.asked_at
"""
_DONE = """
UPDATE inventory_fulfilmentswitch switch SET state = 'done', ended_at = %(now)s
FROM catalog_listing listing
WHERE switch.state = 'enabling' AND listing.id = switch.listing_id AND listing.fulfilment = 'marketplace'
"""


@transaction.atomic
def begin(listing: Listing, *, by: str) -> FulfilmentSwitch:
    """First step: our quantity of this offer goes to zero and stays there."""
    if listing.fulfilment == "marketplace":
        raise ValidationError(f"{listing} is shipped by the marketplace already")
    if FulfilmentSwitch.objects.filter(listing=listing, state__in=OPEN).exists():
        raise ValidationError(f"{listing} is on its way to the marketplace's warehouse already")
    made = FulfilmentSwitch.objects.create(listing=listing, asked_by=by, asked_at=clock.now())
    if listing.sku_id:
        offers.refresh(skus=[listing.sku_id])
    return made


@transaction.atomic
def cancel(switch: FulfilmentSwitch) -> None:
    """We go on shipping: the offer shows our units again."""
    FulfilmentSwitch.objects.filter(pk=switch.pk, state__in=OPEN).update(
        state=SwitchState.CANCELLED, ended_at=clock.now()
    )
    if switch.listing.sku_id:
        offers.refresh(skus=[switch.listing.sku_id])


def advance() -> dict[str, int]:
    """Second step only where the marketplace itself showed zero; done where it says that it ships now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CONFIRMED, {"now": clock.now()})
        confirmed = cursor.rowcount
        cursor.execute(_DONE, {"now": clock.now()})
        return {"confirmed": confirmed, "done": cursor.rowcount}
