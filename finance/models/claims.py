"""Money asked back from a marketplace, and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from finance.models.discrepancies import Discrepancy, DiscrepancyKind
from finance.models.settlements import Settlement


class ClaimState(models.TextChoices):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RECOVERED = "recovered"
    PARTLY_RECOVERED = "partly_recovered", "partly recovered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN_CLAIMS = [ClaimState.DRAFT.value, ClaimState.SUBMITTED.value, ClaimState.PARTLY_RECOVERED.value]


class Claim(models.Model):
    """One claim about one difference. `asked` is positive; `recovered` is the sum of the rows matched to it.

    `evidence` is the pack as it was when the claim was submitted; until then it is put together when asked for.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="claims")
    discrepancy = models.ForeignKey(Discrepancy, models.PROTECT, related_name="claims", db_index=False)
    kind = models.CharField(max_length=24, choices=DiscrepancyKind)
    order_line = models.ForeignKey("inventory.OrderLine", models.SET_NULL, null=True, blank=True, related_name="+")
    order_ref = models.CharField(max_length=120, blank=True)
    asked = models.DecimalField(max_digits=19, decimal_places=4)
    recovered = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    currency = models.CharField(max_length=3)
    deadline_on = models.DateField()
    state = models.CharField(max_length=16, choices=ClaimState, default=ClaimState.DRAFT)
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)
    evidence = models.JSONField(default=dict)
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=150, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["discrepancy"], condition=Q(state__in=OPEN_CLAIMS), name="claim_open_once"
            ),
            models.CheckConstraint(condition=Q(asked__gt=0), name="claim_asks_something"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["discrepancy"], name="claim_discrepancy"),
            models.Index(fields=["state", "deadline_on"], name="claim_deadline"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked} {self.currency}"


class Recovery(models.Model):
    """A statement row that pays a claim, known by its content so that it survives a re-issue; each row pays one claim."""

    claim = models.ForeignKey(Claim, models.CASCADE, related_name="recoveries")
    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="+", db_index=False)
    source_hash = models.CharField(max_length=32)
    ordinal = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    matched_by = models.CharField(max_length=150)
    matched_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "recoveries"
        constraints = [
            models.UniqueConstraint(fields=["settlement", "source_hash", "ordinal"], name="recovery_pays_once")
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount}"
