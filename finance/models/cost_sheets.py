"""Cost sheets: a file of costs, its rows with what is wrong with each, and what people decided about them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from config.core.sheets.models import RowBase, SheetBase
from finance.models.costs import Cost
from inventory.models import Warehouse


class CostSheet(SheetBase):
    """One uploaded file. The same file again is the same sheet, for as long as that waits or is applied."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(state__in=["waiting", "applied"]), name="cost_sheet_once"
            )
        ]
        indexes = [models.Index(fields=["-uploaded_at", "-id"], name="cost_sheet_newest")]


class CostSheetRow(RowBase):
    """A row as it was understood; `jump` is the change of the landed cost against the one that applied before, as a
    fraction, None where there was none."""

    sheet = models.ForeignKey(CostSheet, models.CASCADE, related_name="rows", db_index=False)
    sku = models.ForeignKey(Sku, models.CASCADE, null=True, blank=True, related_name="+")
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, null=True, blank=True, related_name="+")
    currency = models.CharField(max_length=3, blank=True)
    vendor = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    is_end = models.BooleanField(default=False)
    purchase = models.DecimalField(max_digits=19, decimal_places=4, default=0)
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
    former = models.ForeignKey(Cost, models.SET_NULL, null=True, blank=True, related_name="+")
    jump = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    cost = models.ForeignKey(Cost, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "row_no"], name="cost_sheet_row_once")]
