"""What orders hold of our own stock, and what they ask for that is not there."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from inventory.models.orders import OrderLine
from inventory.models.stock import Warehouse


class Reservation(models.Model):
    """Units of one warehouse for one order line: `held` until they leave, are cancelled or expire; `shipped` have left.

    A bundle has such a row per component, in its pieces. `expires_at` is set while the order is not paid for.
    """

    order_line = models.ForeignKey(OrderLine, models.CASCADE, related_name="reservations", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="reservations", db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="reservations", db_index=False)
    held = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    reserved_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_line", "warehouse", "sku"], name="reservation_once"),
        ]
        indexes = [
            models.Index(fields=["sku", "warehouse", "-reserved_at"], condition=Q(held__gt=0), name="reservation_held"),
            models.Index(fields=["expires_at"], condition=Q(held__gt=0), name="reservation_expiring"),
        ]

    def __str__(self) -> str:
        return f"{self.held} held, {self.shipped} shipped for line {self.order_line_id}"


class Shortage(models.Model):
    """Units of a SKU that an order line asks for and our stock does not cover: `missing` cannot be promised; `unbacked` left
    all the same, so that the ledger is wrong. `absorbed` units of these were put right by a count. Both zero: it is over.
    """

    order_line = models.ForeignKey(OrderLine, models.CASCADE, related_name="shortages", db_index=False)
    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="+")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="shortages", db_index=False)
    missing = models.PositiveIntegerField(default=0)
    unbacked = models.PositiveIntegerField(default=0)
    absorbed = models.PositiveIntegerField(default=0)
    units = models.GeneratedField(
        expression=F("missing") + F("unbacked"), output_field=models.IntegerField(), db_persist=True
    )
    since = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order_line", "sku"], name="shortage_once")]
        indexes = [
            models.Index(fields=["sku", "since"], condition=Q(missing__gt=0) | Q(unbacked__gt=0), name="shortage_open"),
            models.Index(fields=["-since", "-id"], name="shortage_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.missing} missing, {self.unbacked} unbacked of line {self.order_line_id}"


class HoldTerm(models.Model):
    """How long an order of a marketplace that is not paid for keeps its units; blank holds for all others."""

    marketplace = models.CharField(max_length=40, unique=True, blank=True)
    hours = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.marketplace or 'all others'}: {self.hours} h"
