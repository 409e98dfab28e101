"""Full comparisons of everything live with everything intended, run by run; and what marketplaces refused."""

from __future__ import annotations

from django.db import models

from catalog.models.listings import Listing


class ParityRun(models.Model):
    """One comparison of an account. `drifted` counts fields that differ after the allowed delay.

    Revenue is that of 30 days by currency, of all compared offers and of those that drifted.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="parity_runs")
    at = models.DateTimeField()
    cause = models.CharField(max_length=60, blank=True)
    compared = models.PositiveIntegerField()
    equal = models.PositiveIntegerField()
    under_way = models.PositiveIntegerField()
    price_drifted = models.PositiveIntegerField()
    quantity_drifted = models.PositiveIntegerField()
    oversellable = models.PositiveIntegerField()
    other_drifted = models.PositiveIntegerField()
    unread = models.PositiveIntegerField()
    revenue = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["account", "-at"], name="parity_run_latest")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.at:%Y-%m-%d %H:%M}: {self.drifted} of {self.compared}"

    @property
    def drifted(self) -> int:
        return self.price_drifted + self.quantity_drifted + self.other_drifted


class ParityFinding(models.Model):
    """One field that differed in a run."""

    run = models.ForeignKey(ParityRun, models.CASCADE, related_name="findings")
    listing = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    field = models.CharField(max_length=30)
    intended = models.TextField(null=True, blank=True)
    live = models.TextField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "listing", "field"], name="parity_finding_once")]

    def __str__(self) -> str:
        return f"{self.field}: {self.live}, not {self.intended}"


class LearnedRule(models.Model):
    """What a marketplace refused once for a kind of product; the same again is not sent until the rule is waived."""

    marketplace = models.CharField(max_length=40)
    product_type = models.CharField(max_length=120, blank=True)
    field = models.CharField(max_length=30)
    value = models.TextField(blank=True)
    reason = models.TextField()
    seen = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    is_waived = models.BooleanField(default=False)
    waived_by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["marketplace", "product_type", "field", "value"], name="learned_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.product_type} {self.field} {self.value}: {self.reason}"
