"""How much each element of a listing counts for its quality."""

from __future__ import annotations

from django.db import models


class QualityWeight(models.Model):
    """From a day on; a category of theirs before a marketplace before all (blank)."""

    element = models.CharField(max_length=20)
    weight = models.DecimalField(max_digits=5, decimal_places=2)
    marketplace = models.CharField(max_length=40, blank=True)
    category = models.CharField("their category", max_length=120, blank=True)
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["element", "marketplace", "category", "valid_from"], name="quality_weight_once"
            ),
            models.CheckConstraint(condition=models.Q(weight__range=(0, 100)), name="quality_weight_range"),
        ]

    def __str__(self) -> str:
        return f"{self.element} {self.weight}"
