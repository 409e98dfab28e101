"""How stock stood on each day: what velocity, days of supply and the history chart are made of."""

from __future__ import annotations

from django.db import models

from catalog.models import Sku
from inventory.models.stock import Warehouse


class StockDay(models.Model):
    """One SKU in one pool on one day (UTC), as last seen on it; `warehouse` None: our own places together.

    `in_stock` is the fraction of the seen part of a closed day with units to sell; None while the day is open, or where
    nobody saw. `seen_s` and `stocked_s` are the seconds counted until `counted_to`.
    """

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    sku = models.ForeignKey(Sku, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    on_hand = models.IntegerField(null=True)
    available = models.IntegerField(null=True)
    in_stock = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    seen_s = models.PositiveIntegerField(default=0)
    stocked_s = models.PositiveIntegerField(default=0)
    counted_to = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "warehouse", "day"], nulls_distinct=False, name="stock_day_once")
        ]
        indexes = [models.Index(fields=["day"], name="stock_day_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.sku_id} {self.available}"
