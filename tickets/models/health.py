"""How well each account does: limits of marketplaces and bands of ours as rows, and one measured row per day."""

from __future__ import annotations

from decimal import Decimal, DecimalException

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models

from config.core.models import Stamped


class Band(models.TextChoices):
    STABLE = "stable"
    WATCH = "watch"
    RISK = "risk"


class HealthBand(Stamped):
    """Up to where a metric is stable, and up to where it is watched; beyond lies risk.

    The narrowest row counts: account before marketplace before all; of these the newest that is valid on the day.
    `is_of_limit` compares the used part of the marketplace's limit (1 is all of it) instead of the value.
    """

    metric = models.CharField(max_length=30)
    marketplace = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="+")
    stable = models.DecimalField(max_digits=19, decimal_places=6)
    watch = models.DecimalField(max_digits=19, decimal_places=6)
    is_of_limit = models.BooleanField(default=False)
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["metric", "marketplace", "account", "valid_from"], nulls_distinct=False, name="health_band_once"
            )
        ]
        ordering = ["metric", "id"]

    def __str__(self) -> str:
        return f"{self.metric}: {self.stable.normalize():f} / {self.watch.normalize():f}"


class Window(models.TextChoices):
    ROLLING = "rolling", "the last days"
    WEEK = "week", "calendar week"
    MONTH = "month", "calendar month"


class Level(models.TextChoices):
    """What a limit is for; only these two count as one, the others are shown."""

    LIMIT = "limit"
    SUSPENSION = "suspension"
    ADVICE = "advice"
    TOP = "top", "top seller"


class ServiceLimit(Stamped):
    """What a marketplace asks of its sellers, with the day it holds from and where it is written.

    `limit` is a share (0.025), or a count or hours where the metric is one. Fewer failures than `least_failures` do not
    count. `tiers` are `[["from ratio", "share of the cancelled value"]]`. An empty marketplace is our own house rule.
    """

    marketplace = models.CharField(max_length=40, blank=True)
    metric = models.CharField(max_length=30)
    level = models.CharField(max_length=10, choices=Level, default=Level.LIMIT)
    limit = models.DecimalField(max_digits=19, decimal_places=6)
    window = models.CharField(max_length=8, choices=Window, default=Window.ROLLING)
    window_days = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    counts = models.CharField(max_length=10, default="orders", choices=[("orders", "orders"), ("items", "items")])
    least_failures = models.PositiveSmallIntegerField(default=0)
    tiers = models.JSONField(default=list, blank=True)
    consequence = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["marketplace", "metric", "level", "window", "window_days", "valid_from"],
                name="service_limit_once",
            )
        ]
        ordering = ["marketplace", "metric", "id"]

    def __str__(self) -> str:
        return f"{self.marketplace or 'all'} {self.metric} {self.limit.normalize():f}"

    def clean(self) -> None:
        try:
            self.read_tiers()
        except (TypeError, ValueError, DecimalException) as error:
            raise ValidationError({"tiers": f"cannot be read: {error!r}"}) from error

    def read_tiers(self) -> tuple[tuple[Decimal, Decimal], ...]:
        return tuple((Decimal(start), Decimal(share)) for start, share in self.tiers)


class HealthDay(models.Model):
    """One metric of one account on one day. `value` None was not measured, and `why` says the reason.

    `used` is the used part of the marketplace's limit (1: all of it), `left` how many failures more it allows.
    `facts` are further figures as text.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+", db_index=False)
    metric = models.CharField(max_length=30)
    day = models.DateField()
    value = models.DecimalField(max_digits=19, decimal_places=6, null=True)
    numerator = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    denominator = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    samples = models.PositiveIntegerField(default=0)
    as_of = models.DateTimeField()
    why = models.CharField(max_length=200, blank=True)
    band = models.CharField(max_length=6, choices=Band, blank=True)
    limit = models.DecimalField(max_digits=19, decimal_places=6, null=True)
    used = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    left = models.IntegerField(null=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "metric", "day"], name="health_day_once")]
        indexes = [models.Index(fields=["day", "metric"], name="health_day_day")]
        ordering = ["-day", "account", "metric"]

    def __str__(self) -> str:
        return f"{self.account_id} {self.metric} {self.day}"
