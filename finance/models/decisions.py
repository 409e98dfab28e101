"""What people decide about money: matches by hand, write-offs, and from which amount on a second person must agree."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from finance.models.discrepancies import Discrepancy
from finance.models.settlements import Settlement


class Decision(models.TextChoices):
    MATCH = "match", "match by hand"
    WRITE_OFF = "write_off", "write-off"


class DecisionState(models.TextChoices):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REVERSED = "reversed"


LIVE = [DecisionState.PROPOSED.value, DecisionState.APPROVED.value]


class ApprovalLimit(models.Model):
    """Up to this size one person may decide alone; above it, and where the currencies cannot be compared, two must."""

    decision = models.CharField(max_length=10, choices=Decision, unique=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3, default="EUR")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gte=0), name="approval_limit_not_negative")]

    def __str__(self) -> str:
        return f"{self.get_decision_display()} up to {self.amount} {self.currency}"


class Decided(models.Model):
    """Who proposed and who agreed; `needs_second` was decided by the limit at the time of the proposal."""

    state = models.CharField(max_length=10, choices=DecisionState, default=DecisionState.PROPOSED)
    reason = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    needs_second = models.BooleanField(default=True)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.CharField(max_length=150, blank=True)
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(needs_second=False) | ~Q(state="approved") | ~Q(decided_by=F("proposed_by")),
                name="%(class)s_four_eyes",
            )
        ]


class HumanMatch(Decided):
    """A person's word on what a statement line is about; it holds for the row's content, whatever its place or id.

    `ordinal` counts equal rows of a statement from 0. `order_line` None: the row belongs to the account, to no order.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="+")
    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="human_matches", db_index=False)
    source_hash = models.CharField(max_length=32)
    ordinal = models.PositiveIntegerField(default=0)
    order_line = models.ForeignKey("inventory.OrderLine", models.CASCADE, null=True, blank=True, related_name="+")

    class Meta(Decided.Meta):
        verbose_name_plural = "matches by hand"
        constraints = [
            *Decided.Meta.constraints,
            models.UniqueConstraint(
                fields=["settlement", "source_hash", "ordinal"],
                condition=Q(state__in=LIVE),
                name="human_match_live_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.amount} {self.currency} {self.state}"


class WriteOff(Decided):
    """Money that is given up: always agreed by a second person where the limit says so."""

    discrepancy = models.ForeignKey(Discrepancy, models.CASCADE, related_name="write_offs")

    class Meta(Decided.Meta):
        constraints = [
            *Decided.Meta.constraints,
            models.UniqueConstraint(fields=["discrepancy"], condition=Q(state__in=LIVE), name="write_off_live_once"),
        ]

    def __str__(self) -> str:
        return f"{self.discrepancy_id} {self.amount} {self.currency} {self.state}"
