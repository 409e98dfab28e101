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


class PoolHealth(models.Model):
    """What a marketplace's pool says about its goods of one product. None means it does not say.

    `ages` are units by the first day of age of their bucket; `age_fee` is what it expects to charge next for old ones
    (negative). `stranded` units lie there and cannot be bought, since `stranded_since`.
    """

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="health")
    remote_id = models.CharField(max_length=160)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, blank=True, related_name="pool_health")
    ages = models.JSONField(null=True)
    aged_units = models.IntegerField(null=True)
    age_fee = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    stranded = models.IntegerField(null=True)
    stranded_since = models.DateTimeField(null=True)
    stranded_reason = models.CharField(max_length=120, blank=True)
    unsellable = models.IntegerField(null=True)
    changed_at = models.DateTimeField(null=True)
    observed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "pool health"
        constraints = [models.UniqueConstraint(fields=["warehouse", "remote_id"], name="pool_health_once")]

    def __str__(self) -> str:
        return f"{self.remote_id} @ {self.warehouse_id}"
