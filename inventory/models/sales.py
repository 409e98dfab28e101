"""Roll-ups that dashboards read; rebuilt for the days touched, never edited."""

from __future__ import annotations

from django.db import models

from catalog.models import Sku


class SalesDay(models.Model):
    """One day of one storefront in its own currency.

    Revenue is what buyers paid for goods, shipping and wrap, less discounts and cancelled units; orders without a
    price yet count in `unpriced`.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    channel = models.CharField(max_length=20, blank=True)
    day = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    orders = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField()
    units = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=19, decimal_places=4)
    unpriced = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "account", "channel", "currency"], name="sales_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.revenue} {self.currency}"


class SkuDay(models.Model):
    """One day of one SKU in one storefront; `sku` None holds what is sold under names that mean no SKU yet.

    `fulfilment` says who ships, so that demand finds the pool which it drains.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    channel = models.CharField(max_length=20, blank=True)
    day = models.DateField()
    sku = models.ForeignKey(Sku, models.CASCADE, null=True, related_name="+", db_index=False)
    currency = models.CharField(max_length=3, blank=True)
    fulfilment = models.CharField(max_length=12, blank=True)
    units = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "account", "channel", "sku", "currency", "fulfilment"], nulls_distinct=False,
                name="sku_day_once",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["sku", "day"], name="sku_day_sku")]

    def __str__(self) -> str:
        return f"{self.day} {self.sku_id} {self.units}"
