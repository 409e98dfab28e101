"""What places charge for goods by their age, as the client has agreed it."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from config.core.models import Stamped
from inventory.ageing import STARTS, StorageUnit
from inventory.models.stock import Warehouse


class StorageRate(Stamped):
    """What each `unit` of goods costs on a day of charging, positive, from `valid_from` on; `warehouse` None: our own places.

    A band of age begins on `from_day` and ends where the next one that is entered begins.
    """

    warehouse = models.ForeignKey(Warehouse, models.CASCADE, null=True, blank=True, related_name="storage_rates")
    from_day = models.PositiveSmallIntegerField(choices=[(day, f"from day {day}") for day in STARTS])
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=19, decimal_places=4, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3)
    unit = models.CharField(max_length=10, choices=[(unit.value, unit.label) for unit in StorageUnit])
    note = models.CharField(max_length=200, blank=True)
    set_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "from_day", "valid_from"], nulls_distinct=False, name="storage_rate_once"
            ),
            models.CheckConstraint(condition=Q(rate__gte=0, from_day__in=STARTS), name="storage_rate_in_range"),
        ]

    def __str__(self) -> str:
        return f"{self.rate} {self.currency} per {self.unit} from day {self.from_day}"
