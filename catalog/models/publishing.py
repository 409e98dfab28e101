"""What we want each offer to say, what the marketplace confirmed, what it shows, and who may change it."""

from __future__ import annotations

from django.db import models

from catalog.models.batches import PublishBatch
from catalog.models.listings import Listing

QUANTITY, PRICE, TITLE = "quantity", "price", "title"


class OfferState(models.TextChoices):
    """Where one field of one listing stands. Only a read-back makes it confirmed."""

    PLANNED = "planned"
    WAITING = "waiting", "waiting for approval"
    SENT = "sent"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


class OfferField(models.Model):
    """One field of one listing: wanted, under way, confirmed and live. Values are text in one spelling (`12.3`, `7`).

    `sent` is the value of a write under way; a difference of `wanted` from it, else from `confirmed`, is what is left to
    write. `open_since` is the oldest wish that was not sent yet; `due_at` when the next write may leave.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="fields")
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="offer_fields")
    field = models.CharField(max_length=30)
    wanted = models.TextField(null=True, blank=True)
    wanted_at = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=200, blank=True)
    cause_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.CharField(max_length=150, blank=True)
    sent = models.TextField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    confirmed = models.TextField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    live = models.TextField(null=True, blank=True)
    live_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=OfferState, default=OfferState.PLANNED)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    open_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    command = models.ForeignKey("marketplaces.Command", models.SET_NULL, null=True, blank=True, related_name="+")
    batch = models.ForeignKey(PublishBatch, models.SET_NULL, null=True, blank=True, related_name="fields")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["listing", "field"], name="offer_field_once")]
        indexes = [
            models.Index(
                fields=["account", "due_at"], name="offer_field_planned", condition=models.Q(state=OfferState.PLANNED)
            ),
            models.Index(
                fields=["account", "state"], name="offer_field_open", condition=~models.Q(state=OfferState.CONFIRMED)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.listing_id}: {self.wanted} ({self.state})"


class ChangeOutcome(models.TextChoices):
    OPEN = "open"
    SUPERSEDED = "superseded", "replaced by a newer wish"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class OfferChange(models.Model):
    """One wish in the history of a field. `confirmed_at`: when this value, or one that replaced it, was seen live."""

    offer = models.ForeignKey(OfferField, models.CASCADE, related_name="changes")
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    value = models.TextField(null=True, blank=True)
    cause = models.CharField(max_length=200, blank=True)
    cause_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150, blank=True)
    wanted_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=ChangeOutcome, default=ChangeOutcome.OPEN)

    class Meta:
        indexes = [
            models.Index(fields=["offer", "-wanted_at"], name="offer_change_history"),
            models.Index(fields=["account", "cause_at"], name="offer_change_delay"),
            models.Index(
                fields=["offer"], name="offer_change_pending",
                condition=models.Q(confirmed_at=None) & ~models.Q(outcome="rejected"),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.value} because of {self.cause}"


class Owner(models.TextChoices):
    US = "us"
    MARKETPLACE = "marketplace"
    OTHER = "other", "another tool"


class OnDrift(models.TextChoices):
    """What follows when somebody else changed a field that we own."""

    ASK = "ask", "a person decides"
    RESTORE = "restore", "write our value again"
    ADOPT = "adopt", "take their value over"


class FieldOwner(models.Model):
    """Who may change a field of a listing; without a listing, of all listings of the account.

    Without a row it is ours; foreign changes of units are restored, of anything else a person is asked.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="field_owners")
    listing = models.ForeignKey(Listing, models.CASCADE, null=True, blank=True, related_name="owners")
    field = models.CharField(max_length=30)
    owner = models.CharField(max_length=12, choices=Owner, default=Owner.US)
    on_drift = models.CharField(max_length=8, choices=OnDrift, default=OnDrift.ASK)
    set_by = models.CharField(max_length=150, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "listing", "field"], nulls_distinct=False, name="field_owner_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.owner}"
