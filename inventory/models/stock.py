"""Where goods lie, and how many, as the holder of the goods says."""

from __future__ import annotations

from django.db import models

from catalog.models import Sku


class Warehouse(models.Model):
    """A place of our own (`account` None), or an account's fulfilment pool, which is read and never written."""

    code = models.CharField(max_length=80, unique=True)
    label = models.CharField(max_length=120)
    account = models.ForeignKey(
        "marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="warehouses"
    )
    pool = models.CharField(max_length=40)
    fulfilment = models.CharField(max_length=12)

    def __str__(self) -> str:
        return self.label


class StockLevel(models.Model):
    """Units of one product in one place, as of `observed_at`. None means the holder does not say."""

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="levels")
    remote_id = models.CharField(max_length=160)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="stock_levels")
    available = models.IntegerField(null=True)
    reserved = models.IntegerField(null=True)
    inbound = models.IntegerField(null=True)
    unsellable = models.IntegerField(null=True)
    researching = models.IntegerField(null=True)
    changed_at = models.DateTimeField(null=True)
    observed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warehouse", "remote_id"], name="stock_level_once")]

    def __str__(self) -> str:
        return f"{self.remote_id} @ {self.warehouse_id}: {self.available}"
