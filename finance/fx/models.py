"""Reference rates, once for all clients. Lives in `public` and is read by key, never by a foreign key."""

from __future__ import annotations

from django.db import models


class Rate(models.Model):
    """How many units of a currency one EUR bought on a bank day, and who said so."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    per_eur = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["currency", "day"], name="rate_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency} {self.per_eur}"
