"""Sets of changes that the breaker holds until a second person agrees, and from when on it does."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models


class BatchState(models.TextChoices):
    WAITING = "waiting", "waiting for approval"
    APPROVED = "approved"
    DECLINED = "declined"


class PublishBatch(models.Model):
    """Changes of one account that were too many or too large to leave on their own, and what was decided."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="publish_batches")
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.WAITING)
    reasons = models.JSONField(default=list)
    items = models.PositiveIntegerField()
    asked_by = ArrayField(models.CharField(max_length=150), default=list)
    made_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-made_at"], name="publish_batch_open")]

    def __str__(self) -> str:
        return f"{self.items} changes of {self.account}"


class BreakerLimit(models.Model):
    """From when on changes wait for a person, of one account or (without one) of all others."""

    account = models.OneToOneField(
        "marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="breaker"
    )
    most_zeros = models.PositiveIntegerField(default=20, help_text="offers set to zero within an hour")
    price_move_percent = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal(30))
    revenue_percent = models.DecimalField(
        max_digits=6, decimal_places=2, default=Decimal(25),
        help_text="share of 30 days' revenue whose prices change or whose offers end within an hour",
    )  # fmt: skip
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], nulls_distinct=False, name="breaker_limit_once")]

    def __str__(self) -> str:
        return f"{self.most_zeros} zeros, {self.price_move_percent}% price, {self.revenue_percent}% revenue"
