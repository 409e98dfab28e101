"""Incidents: what customers of an account feel, from the first bad measure to the last, with what was done about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.core.models import Stamped
from tickets.models.rules import Severity
from tickets.models.tickets import Ticket


class Effect(models.TextChoices):
    """What a customer feels when a metric goes wrong, the worst first."""

    OVERSOLD = "oversold", "orders that we cannot serve"
    BLIND = "blind", "orders that we do not see"
    LATE = "late", "orders late or cancelled"
    WRONG = "wrong", "wrong price or quantity shown"
    SLOW = "slow", "changes that take too long"
    MONEY = "money", "money that does not add up"


class PlaybookStep(Stamped):
    """One step of what to do about an effect, and the role that owns it."""

    effect = models.CharField(max_length=10, choices=Effect)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["effect", "position"], name="playbook_step_once")]
        ordering = ["effect", "position"]

    def __str__(self) -> str:
        return f"{self.effect} {self.position}: {self.title}"


class Rehearsal(models.Model):
    """A playbook was tried out while nothing was wrong."""

    effect = models.CharField(max_length=10, choices=Effect)
    held_on = models.DateField()
    held_by = models.CharField(max_length=150)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-held_on", "-id"]

    def __str__(self) -> str:
        return f"{self.effect} on {self.held_on}"


class IncidentState(models.TextChoices):
    WATCHING = "watching"
    OPEN = "open"
    CLOSED = "closed"


class Incident(models.Model):
    """One effect on the customers of one account. It opens and closes itself from bands, with patience.

    `detected_at` is the first bad measure, `recovered_at` the first good one of those that closed it (F-21).
    `causes` are the metrics at risk, each with what it says; `affected` counts orders or customers where they are known.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    effect = models.CharField(max_length=10, choices=Effect)
    state = models.CharField(max_length=10, choices=IncidentState, default=IncidentState.WATCHING)
    severity = models.CharField(max_length=2, choices=Severity)
    title = models.CharField(max_length=300)
    causes = models.JSONField(default=list)
    affected = models.PositiveIntegerField(null=True)
    bad = models.PositiveSmallIntegerField(default=0)
    good = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    recovered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    tickets = models.ManyToManyField(Ticket, related_name="incidents", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "effect"], condition=Q(state__in=["watching", "open"]), name="incident_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False, recovered_at__isnull=False),
                name="incident_closed_says_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "-detected_at"], name="incident_newest")]

    def __str__(self) -> str:
        return self.title


class IncidentStep(models.Model):
    """A step of the playbook as it stood when the incident opened, and who did it."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=30)
    done_by = models.CharField(max_length=150, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "position"], name="incident_step_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class Happened(models.TextChoices):
    OPENED = "opened"
    WORSE = "worse"
    EASED = "eased"
    STEP = "step", "step done"
    COMMENT = "comment"
    EVIDENCE = "evidence"
    CLOSED = "closed"


class IncidentEvent(models.Model):
    """One line of an incident's timeline. `actor` is a person's sign-in name, or the part of the product that did it."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Happened)
    actor = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}"


class Evidence(models.Model):
    """A file that proves something about an incident, such as a carrier's letter. It is never changed."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="evidence")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=120)
    body = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(fields=["incident", "sha256"], name="evidence_once")]
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return self.name
