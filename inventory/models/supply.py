"""How long each SKU lasts in each pool, and how much a client wants to have."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from catalog.models import Sku
from config.core.models import Stamped
from inventory.models.stock import Warehouse
from inventory.replenishment import Z


class CoverState(models.TextChoices):
    """Where the cover lies against the client's bands."""

    SHORT = "short"
    LOW = "low"
    GOOD = "good"
    HIGH = "high"
    LONG = "long"
    NO_DEMAND = "no_demand", "no demand"
    UNKNOWN = "unknown"


class Coverage(models.Model):
    """One SKU in one pool as computed at `computed_at`; `warehouse` None: our own places together.

    None is never zero: `why` says why `days` is not known, `proposal_why` why there is no proposal. `velocity` is units
    a day corrected for stock-outs; `arriving` the dated units that come before the goods run out; `ordered` all units on
    their way or promised. `transfer` units of the proposal lie idle in `transfer_from` (None: our own places).
    `supply_30` and `supply_90` are the historical days of supply of the whole product, None without that many days seen.
    """

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, null=True, blank=True, related_name="+")
    sku = models.ForeignKey(Sku, models.CASCADE, related_name="coverage")
    computed_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    on_hand = models.IntegerField(null=True)
    available = models.IntegerField(null=True)
    arriving = models.IntegerField(default=0)
    ordered = models.IntegerField(default=0)
    sold_30 = models.IntegerField(default=0)
    in_stock_30 = models.DecimalField(max_digits=6, decimal_places=2, default=0)
    velocity = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    velocity_note = models.CharField(max_length=30, blank=True)
    deviation = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    days = models.DecimalField(max_digits=14, decimal_places=1, null=True)
    why = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=10, choices=CoverState)
    runs_out_on = models.DateField(null=True)
    lead_days = models.PositiveIntegerField(null=True)
    lead_deviation = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    safety_stock = models.IntegerField(null=True)
    reorder_point = models.IntegerField(null=True)
    proposed = models.IntegerField(null=True)
    proposal_why = models.CharField(max_length=30, blank=True)
    transfer = models.IntegerField(default=0)
    transfer_from = models.ForeignKey(
        Warehouse, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    supply_30 = models.DecimalField(max_digits=14, decimal_places=1, null=True)
    supply_90 = models.DecimalField(max_digits=14, decimal_places=1, null=True)

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [models.UniqueConstraint(fields=["sku", "warehouse"], nulls_distinct=False, name="coverage_once")]
        indexes = [
            models.Index(fields=["days", "id"], name="coverage_days"),
            models.Index(fields=["state", "days"], name="coverage_state"),
            models.Index(fields=["-proposed", "id"], condition=models.Q(proposed__gt=0), name="coverage_proposed"),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id} {self.days} days"


class SupplyPolicy(Stamped):
    """How much a client wants to have, one row: service in percent, days, growth as a fraction, and the bands of cover."""

    service = models.PositiveSmallIntegerField(default=95, choices=[(level, f"{level}%") for level in Z])
    review_days = models.PositiveSmallIntegerField(default=7)
    cover_days = models.PositiveSmallIntegerField(default=60)
    growth = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal(0), validators=[MinValueValidator(-1), MaxValueValidator(5)]
    )
    short_below = models.PositiveSmallIntegerField(default=30)
    low_below = models.PositiveSmallIntegerField(default=60)
    high_above = models.PositiveSmallIntegerField(default=120)
    long_above = models.PositiveSmallIntegerField(default=180)

    class Meta:
        verbose_name_plural = "supply policy"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(short_below__lte=models.F("low_below"))
                & models.Q(low_below__lte=models.F("high_above"))
                & models.Q(high_above__lte=models.F("long_above")),
                name="supply_bands_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cover_days} days at {self.service}%"
