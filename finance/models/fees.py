"""What the marketplace says it would charge."""

from __future__ import annotations

from django.db import models


class FeeQuote(models.Model):
    """The latest fee estimate for one piece of a listing at `price`; `total` and parts are negative."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="fee_quotes")
    channel = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=160)
    remote_id = models.CharField(max_length=160, blank=True)
    price = models.DecimalField(max_digits=19, decimal_places=4)
    total = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    parts = models.JSONField(default=list)
    includes_vat = models.BooleanField(null=True)
    quoted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel", "external_id"], name="fee_quote_once")]
        indexes = [models.Index(fields=["account", "remote_id"], name="fee_quote_remote")]

    def __str__(self) -> str:
        return f"{self.remote_id} {self.total} {self.currency}"
