"""A bundle whose components changed."""

from __future__ import annotations

from django.db import transaction

from inventory import selectors
from inventory.services import offers, reservations


@transaction.atomic
def follow(sku_id: int) -> dict[str, int]:
    """Have open orders hold what the bundle is made of now, and its offers computed again; safe to repeat."""
    orders = sorted({line.order_id for line in selectors.open_lines(sku_id=sku_id)})
    reservations.settle(orders)
    offers.refresh(skus=[sku_id])
    return {"orders": len(orders)}
