"""What changed when a statement was issued again."""

from __future__ import annotations

from django.db import models

from finance.models.settlements import Settlement


class SettlementRevision(models.Model):
    """One re-issue: both raw pages, how many rows came, went and changed, and the money per class.

    `is_waiting`: the statement was locked, so its rows stay, and the difference belongs to `booked_month`.
    """

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveSmallIntegerField()
    former_page_id = models.BigIntegerField(null=True)
    page_id = models.BigIntegerField(null=True)
    former_state = models.CharField(max_length=12)
    is_waiting = models.BooleanField(default=False)
    booked_month = models.DateField(null=True, blank=True)
    rows_added = models.PositiveIntegerField(null=True)
    rows_removed = models.PositiveIntegerField(null=True)
    rows_changed = models.PositiveIntegerField(null=True)
    difference = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    by_class = models.JSONField(default=dict)
    replaced_at = models.DateTimeField()
    compared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "number"], name="settlement_revision_once")]

    def __str__(self) -> str:
        return f"{self.settlement_id} issue {self.number}"


class RevisionLine(models.Model):
    """A row of the issue that is not in force: the former one, or the newer one that waits for a locked statement."""

    revision = models.ForeignKey(SettlementRevision, models.CASCADE, related_name="lines", db_index=False)
    row_no = models.PositiveIntegerField()
    line_class = models.CharField(max_length=20)
    label_type = models.CharField(max_length=120, blank=True)
    label_group = models.CharField(max_length=200, blank=True)
    label_text = models.CharField(max_length=300, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    order_ref = models.CharField(max_length=120, blank=True)
    line_ref = models.CharField(max_length=120, blank=True)
    source_hash = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "row_no"], name="revision_line_once")]

    def __str__(self) -> str:
        return f"{self.revision_id}:{self.row_no}"
