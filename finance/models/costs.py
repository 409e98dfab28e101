"""What goods cost, as dated facts that are never changed: a correction is a newer row."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from inventory.models import Warehouse


class Cost(models.Model):
    """What one piece of a SKU costs from a day on, as known since a moment; amounts are positive and without VAT.

    A row is valid until the next one of its key (SKU, warehouse, currency, vendor) begins, so two can never overlap;
    `is_end` means that from this day on none is known. Of rows with one key and day, the one known last counts; asked
    as of a former moment, later ones are not seen. `warehouse` None holds for every warehouse without one of its own.
    `vat_rate` is what the vendor adds, as a fraction (0.19).
    """

    sku = models.ForeignKey(Sku, models.PROTECT, related_name="costs", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True, related_name="costs")
    currency = models.CharField(max_length=3)
    vendor = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField()
    known_at = models.DateTimeField()
    is_end = models.BooleanField(default=False)
    purchase = models.DecimalField(max_digits=19, decimal_places=4)
    inbound = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    insurance = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    customs = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    other = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    landed = models.GeneratedField(
        expression=F("purchase") + F("inbound") + F("insurance") + F("customs") + F("other"),
        output_field=models.DecimalField(max_digits=19, decimal_places=4),
        db_persist=True,
    )
    vat_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    source = models.CharField(max_length=120)
    entered_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "currency", "vendor", "valid_from", "known_at"],
                nulls_distinct=False,
                name="cost_once",
            ),
            models.CheckConstraint(
                condition=Q(purchase__gte=0, inbound__gte=0, insurance__gte=0, customs__gte=0, other__gte=0),
                name="cost_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["sku", "valid_from"], name="cost_sku")]

    def __str__(self) -> str:
        return f"{self.sku_id} {self.landed} {self.currency} from {self.valid_from}"
