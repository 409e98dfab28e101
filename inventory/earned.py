"""What each SKU earned lately in each storefront, for apps below that may not read our tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Sum

from catalog.publishing.revenue import Earned
from config.core import clock
from inventory.models import SkuDay

DAYS = timedelta(days=30)


def earned(account_id: int) -> Iterator[Earned]:
    """Revenue of 30 days by SKU, storefront and currency; what is sold under unlinked names is left out."""
    days = SkuDay.objects.filter(account=account_id, sku__isnull=False, day__gt=(clock.now() - DAYS).date())
    for row in days.values("sku_id", "channel", "currency").annotate(revenue=Sum("revenue")).order_by("sku_id"):
        yield Earned(row["sku_id"], row["channel"], row["currency"], row["revenue"])
