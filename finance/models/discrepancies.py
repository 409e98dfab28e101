"""Differences between what should have been paid and what was, found and closed by the reconciliation."""

from __future__ import annotations

from django.db import models

from finance.models.settlements import Settlement, SettlementLine


class DiscrepancyKind(models.TextChoices):
    MISSING_PAYMENT = "missing_payment", "missing payment"
    SHORT_PAID = "short_paid", "short-paid"
    DUPLICATE = "duplicate", "charged twice"
    UNMATCHED = "unmatched", "not matched"
    UNKNOWN_LABEL = "unknown_label", "unknown label"
    STATEMENT_GAP = "statement_gap", "statement missing"
    INCONSISTENT = "inconsistent", "lines do not make the total"
    DEPOSIT_MISMATCH = "deposit_mismatch", "deposit differs from the statement"
    OVERPAID = "overpaid", "paid too much"
    FEE_OVERCHARGE = "fee_overcharge", "fee too high"
    UNEXPECTED_FEE = "unexpected_fee", "fee that was not agreed"
    REFUND_WITHOUT_CREDIT = "refund_without_credit", "refund without fee credit"
    REFUND_WITHOUT_RETURN = "refund_without_return", "refund without return"
    REIMBURSEMENT_SHORT = "reimbursement_short", "reimbursement short or taken back"
    RESERVE_HELD = "reserve_held", "reserve held too long"
    PAYOUT_RETURNED = "payout_returned", "payout returned or failed"
    FX_DIFFERENCE = "fx_difference", "exchange rate differs"
    TAX_ANOMALY = "tax_anomaly", "tax by the wrong rate or party"
    PENALTY = "penalty", "penalty charged"


class DiscrepancyState(models.TextChoices):
    OPEN = "open"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"


class Severity(models.TextChoices):
    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Discrepancy(models.Model):
    """One difference. `amount`: plus is what we are owed; None where it cannot be told (`evidence` says why).

    Found again after it was resolved, the row opens again, unless a claim brought back as much. Accepted by a person, it
    stays so while the amount stays.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="discrepancies")
    kind = models.CharField(max_length=24, choices=DiscrepancyKind)
    key = models.CharField(max_length=200)
    settlement = models.ForeignKey(Settlement, models.CASCADE, null=True, blank=True, related_name="discrepancies")
    settlement_line = models.ForeignKey(SettlementLine, models.SET_NULL, null=True, blank=True, related_name="+")
    order_line = models.ForeignKey(
        "inventory.OrderLine", models.SET_NULL, null=True, blank=True, related_name="discrepancies"
    )
    order_ref = models.CharField(max_length=120, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    severity = models.CharField(max_length=2, choices=Severity)
    state = models.CharField(max_length=10, choices=DiscrepancyState, default=DiscrepancyState.OPEN)
    evidence = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "discrepancies"
        constraints = [models.UniqueConstraint(fields=["account", "kind", "key"], name="discrepancy_once")]
        indexes = [
            models.Index(fields=["state", "kind", "account"], name="discrepancy_state"),
            models.Index(fields=["settlement"], condition=models.Q(state="open"), name="discrepancy_flags"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
