"""What every kind of uploaded sheet is made of: a file with a state, and its rows with what stands against each."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SheetState(models.TextChoices):
    """`waiting`: nothing of it counts yet. The others are final; a file of an expired or dropped one may come again."""

    WAITING = "waiting"
    APPLIED = "applied"
    DROPPED = "dropped"
    EXPIRED = "expired"


class RowState(models.TextChoices):
    """`rejected` rows cannot be used and say why; `known` ones say what is recorded already."""

    REJECTED = "rejected"
    KNOWN = "known"
    GOOD = "good"
    APPROVED = "approved"
    DECLINED = "declined"
    APPLIED = "applied"


class SheetBase(models.Model):
    """One uploaded file; its rows are `rows`."""

    rows: Any
    objects: Any

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=SheetState, default=SheetState.WAITING)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)
    closed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class RowBase(models.Model):
    """One row as it came (`cells`), and what stands against it.

    `problems`: column, what is wrong, what to do. `approvals`: why a second person must approve it.
    """

    row_no = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=RowState)
    cells = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    approvals = ArrayField(models.CharField(max_length=120), default=list)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"row {self.row_no}"
