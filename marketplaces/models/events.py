"""What marketplaces push to us: stored before it is acknowledged, once per event."""

from __future__ import annotations

from django.db import models

from marketplaces.models.accounts import Account


class EventState(models.TextChoices):
    RECEIVED = "received"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


class InboxEvent(models.Model):
    """One pushed event; `event_id` is the marketplace's own, or the body's hash where there is none."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="inbox")
    event_id = models.CharField(max_length=160)
    kind = models.CharField(max_length=80)
    order_id = models.CharField(max_length=120, blank=True)
    body = models.BinaryField()
    media_type = models.CharField(max_length=120, default="application/json")
    happened_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=EventState, default=EventState.RECEIVED)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="inbox_event_once")]
        indexes = [models.Index(fields=["state", "received_at"], name="inbox_event_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
