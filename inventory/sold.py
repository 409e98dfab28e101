"""What each SKU sold in each storefront lately, told to the catalogue from the days rolled up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Sum

from catalog.demand import DAYS, Place, Sold
from config.core import clock
from inventory.models import SkuDay


def lately(sku_ids: Collection[int] | None) -> dict[Place, Sold]:
    """Units and revenue of the last 30 days by storefront and SKU; where it sold in two currencies, the larger revenue."""
    since = clock.now().date() - timedelta(days=DAYS)
    days = SkuDay.objects.filter(day__gt=since, sku__isnull=False)
    days = days if sku_ids is None else days.filter(sku__in=list(sku_ids))
    sums = days.values_list("account_id", "channel", "sku_id", "currency").annotate(
        units=Sum("units"), paid=Sum("revenue")
    )
    return {
        Place(account, channel, sku): Sold(units, paid, currency)
        for account, channel, sku, currency, units, paid in sums.order_by("paid", "currency")
    }
