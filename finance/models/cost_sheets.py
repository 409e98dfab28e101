"""Cost sheets: a file of costs, its rows with what is wrong with each, and what people decided about them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from catalog.models import Sku
from finance.models.costs import Cost
from inventory.models import Warehouse


class SheetState(models.TextChoices):
    """`waiting`: nothing of it counts yet. The others are final; a file of an expired or dropped one may come again."""

    WAITING = "waiting"
    APPLIED = "applied"
    DROPPED = "dropped"
    EXPIRED = "expired"


class RowState(models.TextChoices):
    """`rejected` rows cannot be used and say why; `known` ones say what is recorded already."""

    REJECTED = "rejected"
    KNOWN = "known"
    GOOD = "good"
    APPROVED = "approved"
    DECLINED = "declined"
    APPLIED = "applied"


class CostSheet(models.Model):
    """One uploaded file. The same file again is the same sheet, for as long as that waits or is applied."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=SheetState, default=SheetState.WAITING)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256"], condition=Q(state__in=["waiting", "applied"]), name="cost_sheet_once"
            )
        ]
        indexes = [models.Index(fields=["-uploaded_at", "-id"], name="cost_sheet_newest")]

    def __str__(self) -> str:
        return self.name


class CostSheetRow(models.Model):
    """One row as it came (`cells`), as it was understood, and what stands against it.

    `problems`: column, what is wrong, what to do. `approvals`: why a second person must approve it; `jump` is the
    change of the landed cost against the one that applied before, as a fraction, None where there was none.
    """

    sheet = models.ForeignKey(CostSheet, models.CASCADE, related_name="rows", db_index=False)
    row_no = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=RowState)
    cells = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    approvals = ArrayField(models.CharField(max_length=120), default=list)
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
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    cost = models.ForeignKey(Cost, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sheet", "row_no"], name="cost_sheet_row_once")]

    def __str__(self) -> str:
        return f"row {self.row_no}"
