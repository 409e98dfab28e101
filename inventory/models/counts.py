"""Counts of our own shelves, and offers that change hands between our shelves and a marketplace's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from catalog.models import Sku
from inventory.models.stock import Warehouse


class CountState(models.TextChoices):
    PROPOSED = "proposed", "waits for approval"
    APPLIED = "applied"
    REJECTED = "rejected"


class StockCount(models.Model):
    """Somebody counted some SKUs in one warehouse; a large difference waits for a second person."""

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="counts")
    state = models.CharField(max_length=10, choices=CountState, default=CountState.PROPOSED)
    note = models.CharField(max_length=200, blank=True)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-proposed_at", "-id"], name="stock_count_newest")]

    def __str__(self) -> str:
        return f"count {self.pk} of {self.warehouse_id}"


class CountLine(models.Model):
    """Units found of one SKU, and what the ledger said at that moment; the difference is what will be booked."""

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="+")
    counted = models.PositiveIntegerField()
    expected = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["count", "sku"], name="count_line_once")]

    def __str__(self) -> str:
        return f"{self.counted} of {self.sku_id}"

    @property
    def difference(self) -> int:
        return self.counted - self.expected


class SwitchState(models.TextChoices):
    """The two steps by which an offer goes over to a marketplace's warehouse."""

    ZEROING = "zeroing", "our quantity goes to zero"
    ENABLING = "enabling", "zero is confirmed, switch it on there"
    DONE = "done"
    CANCELLED = "cancelled"


class FulfilmentSwitch(models.Model):
    """An offer that the marketplace shall ship from now on: nothing of ours may be for sale when it begins."""

    listing = models.ForeignKey("catalog.Listing", models.CASCADE, related_name="switches")
    state = models.CharField(max_length=10, choices=SwitchState, default=SwitchState.ZEROING)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    zero_confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "fulfilment switches"
        constraints = [
            models.UniqueConstraint(
                fields=["listing"], condition=Q(state__in=["zeroing", "enabling"]), name="fulfilment_switch_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.state}"
