"""Writes to a marketplace: each a row with a state, its key, its attempts and the answer."""

from __future__ import annotations

from django.db import models

from marketplaces import wording
from marketplaces.contract import FIELDS
from marketplaces.models.accounts import Account


class CommandState(models.TextChoices):
    PLANNED = "planned"
    SENT = "sent"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    SUPERSEDED = "superseded"
    PARKED = "parked"
    DRIFTED = "drifted", "no longer shown"


class Command(models.Model):
    """An outbound write. `key` makes a repeat in its account the same write; only a read-back makes it confirmed.

    Those of a `batch` are sent together. `offer_seen_at`: when the marketplace last showed that the offer exists.
    `given_back`: how often it could not leave for a reason of its own.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="commands")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    channel = models.CharField(max_length=20, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=CommandState, default=CommandState.PLANNED)
    attempts = models.PositiveSmallIntegerField(default=0)
    given_back = models.PositiveSmallIntegerField(default=0)
    reason = models.TextField(blank=True)
    remote_ref = models.CharField(max_length=200, blank=True)
    answer = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=150, blank=True)
    batch = models.CharField(max_length=60, blank=True)
    offer_seen_at = models.DateTimeField(null=True, blank=True)
    planned_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="command_once")]
        indexes = [
            models.Index(fields=["account", "subject", "-planned_at"], name="command_subject"),
            models.Index(fields=["state", "next_check_at"], name="command_open"),
            models.Index(
                fields=["account", "id"], name="command_batched",
                condition=models.Q(state=CommandState.PLANNED) & ~models.Q(batch=""),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"

    @property
    def wanted(self) -> str:
        """What it asks for, in a few words: a price, a quantity, what a field should say, or what is in the parcel."""
        payload = self.payload
        if field := next((name for name in FIELDS if name in payload and name not in ("price", "quantity")), ""):
            return f"{field.replace('_', ' ')}: {wording.told(payload[field])}"
        if "price" in payload:
            return f"{payload['price']} {payload.get('currency', '')}".strip()
        if "quantity" in payload:
            return f"{payload['quantity']} in stock"
        parcel = [str(payload[name]) for name in ("carrier", "tracking_number") if payload.get(name)]
        parcel += payload.get("further_numbers", [])
        if "parcel" in payload:
            return ", ".join([str(payload.get("state", "another number")).replace("_", " "), *parcel])
        if "units" in payload:
            return f"{sum(payload['units'].values())} cancelled, {payload['reason'].replace('_', ' ')}"
        units = sum(payload.get("lines", {}).values())
        return ", ".join([f"{units} shipped", *parcel] if units else parcel)
