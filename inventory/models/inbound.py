"""Goods on their way to us or to a marketplace's pool: purchases and transfers, and what of them has come."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from config.core.models import Stamped
from inventory.models.stock import Warehouse


class InboundState(models.TextChoices):
    PLANNED = "planned"
    ORDERED = "ordered"
    IN_TRANSIT = "in_transit", "in transit"
    RECEIVING = "receiving"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class InboundKind(models.TextChoices):
    PURCHASE = "purchase"
    TRANSFER = "transfer"


class InboundShipment(Stamped):
    """A purchase order or a transfer. `expected_on` None: nobody has said when it comes, so no cover counts on it."""

    reference = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=InboundKind, default=InboundKind.PURCHASE)
    supplier = models.CharField(max_length=120, blank=True)
    origin = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="+")
    destination = models.ForeignKey(Warehouse, models.PROTECT, related_name="inbound")
    state = models.CharField(max_length=10, choices=InboundState, default=InboundState.PLANNED)
    ordered_on = models.DateField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    external_ref = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="transfer", origin__isnull=False) & ~Q(origin=F("destination")) | Q(kind="purchase"),
                name="inbound_transfer_has_origin",
            )
        ]
        indexes = [models.Index(fields=["state", "expected_on"], name="inbound_expected")]

    def __str__(self) -> str:
        return self.reference


class InboundLine(models.Model):
    """Units of one SKU; more may come than was ordered, and less."""

    shipment = models.ForeignKey(InboundShipment, models.CASCADE, related_name="lines")
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="inbound_lines")
    quantity = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    why = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "sku"], name="inbound_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="inbound_line_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.sku_id} {self.quantity}"


class InboundReceipt(models.Model):
    """Units that came at a moment; the same `key` counts once."""

    line = models.ForeignKey(InboundLine, models.CASCADE, related_name="receipts")
    key = models.CharField(max_length=80)
    units = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "key"], name="inbound_receipt_once"),
            models.CheckConstraint(condition=Q(units__gt=0), name="inbound_receipt_has_units"),
        ]
        indexes = [models.Index(fields=["received_at"], name="inbound_receipt_day")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.units}"
