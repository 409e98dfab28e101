"""What should be here and is not: missing time, and ids that another source spoke of."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from marketplaces.models.accounts import Account


class GapKind(models.TextChoices):
    TIME = "time"
    RECORD = "record"


class GapState(models.TextChoices):
    OPEN = "open"
    FILLED = "filled"
    UNFILLABLE = "unfillable"


class Gap(models.Model):
    """A span of time that was not read, or a record that was spoken of; `revealed_by` names the source that told."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="gaps")
    resource = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=GapKind)
    external_id = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    revealed_by = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=GapState, default=GapState.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    found_at = models.DateTimeField()
    filled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource", "kind", "external_id", "since"],
                nulls_distinct=False,
                name="gap_once",
            )
        ]
        indexes = [models.Index(fields=["state", "found_at"], name="gap_open")]

    def __str__(self) -> str:
        return f"{self.resource} {self.external_id or self.since}"

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The missing time; only a gap of kind `time` has one."""
        if self.since is None or self.until is None:
            raise ValueError(f"gap {self.pk} is a missing record and has no span")
        return self.since, self.until
