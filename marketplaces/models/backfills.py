"""Spans that a person wants read again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplaces.models.accounts import Account


class Backfill(models.Model):
    """A span of a flow read again, and how far that has come; the flow's own position stays where it is.

    `trouble` is why it does not go on at present; asking for the same span again lets it go on from `read_until`.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="backfills")
    resource = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField()
    read_until = models.DateTimeField()
    asked_by = models.CharField(max_length=150, blank=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "resource", "since", "until"],
                condition=Q(finished_at=None),
                name="backfill_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"

    @property
    def percent(self) -> int:
        """How much of the span was read."""
        return int(100 * (self.read_until - self.since) / (self.until - self.since))

    @property
    def state(self) -> str:
        if self.finished_at:
            return "done"
        return "stopped" if self.trouble else "running"
