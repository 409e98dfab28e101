"""Tickets, what happened to them, and when they sleep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from tickets.models.rules import Severity


class TicketState(models.TextChoices):
    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


UNRESOLVED = [TicketState.OPEN, TicketState.SNOOZED]


class Resolution(models.TextChoices):
    """What closing asks. The precision of a detector is counted from these."""

    FIXED = "fixed"
    FIXED_ITSELF = "fixed_itself", "fixed itself"
    NOT_A_PROBLEM = "not_a_problem", "not a problem"
    DUPLICATE = "duplicate"
    WONT_DO = "wont_do", "won't do"


class Ticket(models.Model):
    """One thing to see to. One unresolved ticket per type and scope key.

    `money_per_day` is at risk, in `currency`; `money_rank` is the same in the reporting currency, None without a rate.
    A parent gathers siblings of a group; `overflow` counts what it hides beyond the daily cap.
    """

    type = models.CharField(max_length=40)
    scope_key = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    detector = models.CharField(max_length=60, blank=True)
    severity = models.CharField(max_length=2, choices=Severity)
    money_per_day = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    money_rank = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="tickets")
    brand = models.ForeignKey("catalog.Brand", models.SET_NULL, null=True, blank=True, related_name="tickets")
    group_key = models.CharField(max_length=200, blank=True)
    is_parent = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="children")
    overflow = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=TicketState, default=TicketState.OPEN)
    resolution = models.CharField(max_length=15, choices=Resolution, blank=True)
    reopen_count = models.PositiveIntegerField(default=0)
    is_flapping = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tickets"
    )
    evidence = models.JSONField(default=dict)
    action = models.CharField(max_length=40, blank=True)
    action_params = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "scope_key"], condition=Q(state__in=["open", "snoozed"]), name="ticket_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="resolved", resolved_at__isnull=False) & ~Q(resolution="")
                | ~Q(state="resolved") & Q(resolution="", resolved_at__isnull=True),
                name="ticket_resolved_says_how",
            ),
            models.CheckConstraint(
                condition=Q(state="snoozed", snoozed_until__isnull=False)
                | ~Q(state="snoozed") & Q(snoozed_until__isnull=True),
                name="ticket_snoozed_says_until",
            ),
        ]
        indexes = [
            models.Index(fields=["type", "scope_key", "-resolved_at"], name="ticket_scope"),
            models.Index(fields=["type", "group_key", "-opened_at"], name="ticket_group"),
            models.Index(
                "severity",
                models.F("money_rank").desc(nulls_last=True),
                models.F("opened_at").desc(),
                condition=Q(state="open", parent=None),
                name="ticket_inbox",
            ),
            models.Index(fields=["-changed_at"], name="ticket_changed"),
        ]

    def __str__(self) -> str:
        return self.title


class EventKind(models.TextChoices):
    OPENED = "opened"
    JOINED = "joined"
    REOPENED = "reopened"
    FLAPPING = "flapping"
    SEVERITY = "severity"
    COMMENT = "comment"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    WOKE = "woke"
    CLEARED = "cleared"
    RESOLVED = "resolved"
    ACTED = "acted"


class TicketEvent(models.Model):
    """One line of a ticket's timeline. `actor` is a person's sign-in name, or the part of the product that did it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind)
    actor = models.CharField(max_length=150)
    text = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["-at", "-id"], name="ticket_event_newest")]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor}"


class Snooze(models.Model):
    """A ticket put to sleep by a person until a moment; it wakes earlier when it gets worse."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="snoozes")
    until = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket"], condition=Q(ended_at=None), name="snooze_one_open")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"
