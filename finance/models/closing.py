"""Months of an account on their way from open to locked, and what changed about a locked one afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class MonthState(models.TextChoices):
    """`closing`: prepared by one person, waits for another one. A locked month never opens again."""

    OPEN = "open"
    CLOSING = "closing"
    LOCKED = "locked"


class AccountMonth(models.Model):
    """One month of one account; a month without a row is open. `month` is its first day.

    Months are calendar months in the zone of the account's main storefront, in which orders have their day as well.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="months")
    month = models.DateField()
    state = models.CharField(max_length=8, choices=MonthState, default=MonthState.OPEN)
    prepared_by = models.CharField(max_length=150, blank=True)
    prepared_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.CharField(max_length=150, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "month"], name="account_month_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="account_month_begins"),
            models.CheckConstraint(
                condition=~Q(state="locked")
                | (Q(locked_at__isnull=False) & ~Q(locked_by="") & ~Q(prepared_by="") & ~Q(locked_by=F("prepared_by"))),
                name="account_month_four_eyes",
            ),
        ]
        indexes = [models.Index(fields=["account", "month"], condition=Q(state="locked"), name="account_month_locked")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.month:%Y-%m} {self.state}"


class Acceptance(models.Model):
    """A failed check of a month that a person accepts, with why; it holds while the check says the same."""

    month = models.ForeignKey(AccountMonth, models.CASCADE, related_name="acceptances")
    check_key = models.CharField(max_length=40)
    finding = models.CharField(max_length=300)
    reason = models.CharField(max_length=300)
    accepted_by = models.CharField(max_length=150)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "check_key"], name="acceptance_once")]

    def __str__(self) -> str:
        return f"{self.month_id} {self.check_key}"


class RestatementKind(models.TextChoices):
    LATE_ROW = "late_row", "rows that came late"
    REISSUED = "reissued", "a statement issued again"
    COST = "cost", "a cost changed"
    FEE = "fee", "a fee rule changed"
    DEPOSIT = "deposit", "a bank booking changed"
    OTHER = "other", "something else"


class Restatement(models.Model):
    """Something about a locked month became known later: the month stays, the difference is booked in an open one.

    `amount` is the change, plus is better for the seller; None where it cannot be told. The same fact is kept once.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="restatements")
    month = models.DateField()
    kind = models.CharField(max_length=10, choices=RestatementKind)
    reference = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    booked_month = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    noted_by = models.CharField(max_length=150, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "month", "kind", "reference", "booked_month", "amount"],
                nulls_distinct=False,
                name="restatement_once",
            )
        ]
        indexes = [models.Index(fields=["-noted_at", "-id"], name="restatement_newest")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.kind} {self.reference}"
