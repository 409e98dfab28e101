"""The ledger of our own goods: every unit that came or went, and what stands on each shelf because of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from inventory.models.stock import Warehouse


class MoveKind(models.TextChoices):
    OPENING = "opening"
    RECEIPT = "receipt"
    SHIPMENT = "shipment"
    CORRECTION = "correction", "count correction"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    RESTOCK = "restock", "return restocked"
    WRITE_OFF = "write_off", "write-off"


INCOMING = (MoveKind.OPENING, MoveKind.RECEIPT, MoveKind.TRANSFER_IN, MoveKind.RESTOCK)
OUTGOING = (MoveKind.SHIPMENT, MoveKind.TRANSFER_OUT, MoveKind.WRITE_OFF)
RESTOCK_REASONS = ("sellable", "refused_delivery", "undeliverable")
WRITE_OFF_REASONS = ("damaged", "lost", "expired", "recalled", "sample")


class Holding(models.Model):
    """Units of one SKU on the shelves of one warehouse of ours: what its moves and reservations add up to.

    The database keeps it: triggers of moves and reservations alone write it, and `reserved` never exceeds `on_hand`.
    """

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="holdings", db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="holdings", db_index=False)
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    available = models.GeneratedField(
        expression=F("on_hand") - F("reserved"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "warehouse"], name="holding_once"),
            models.CheckConstraint(condition=Q(reserved__range=(0, F("on_hand"))), name="holding_never_oversold"),
        ]
        indexes = [models.Index(fields=["warehouse", "sku"], name="holding_warehouse")]

    def __str__(self) -> str:
        return f"{self.sku_id} @ {self.warehouse_id}: {self.on_hand} less {self.reserved}"


class StockMove(models.Model):
    """Units that came (plus) or went (minus), and why. Rows are added and never changed: a mistake gets a second row.

    `key` makes a repeated move the same move; `reference` is the order, return or document that it belongs to.
    """

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="moves", db_index=False)
    sku = models.ForeignKey(Sku, models.PROTECT, related_name="stock_moves", db_index=False)
    kind = models.CharField(max_length=16, choices=MoveKind)
    quantity = models.IntegerField()
    reason = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=200, blank=True)
    account = models.ForeignKey("marketplaces.Account", models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=120, blank=True)
    key = models.CharField(max_length=200, unique=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=INCOMING, quantity__gt=0)
                | Q(kind__in=OUTGOING, quantity__lt=0)
                | Q(kind=MoveKind.CORRECTION) & ~Q(quantity=0),
                name="stock_move_sign",
            ),
            models.CheckConstraint(
                condition=~Q(kind=MoveKind.RESTOCK) | Q(reason__in=RESTOCK_REASONS), name="stock_move_restock_reason"
            ),
            models.CheckConstraint(
                condition=~Q(kind=MoveKind.WRITE_OFF) | Q(reason__in=WRITE_OFF_REASONS),
                name="stock_move_write_off_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["sku", "warehouse", "happened_at"], name="stock_move_history"),
            models.Index(fields=["warehouse", "happened_at"], name="stock_move_warehouse"),
            models.Index(fields=["-recorded_at", "-id"], name="stock_move_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+} {self.sku_id} @ {self.warehouse_id}"
