"""Inspection of tickets and breaches, and configuration of thresholds."""

from __future__ import annotations

from django.contrib import admin
from django.forms import ChoiceField, ModelForm
from django.http import HttpRequest

from config.core.admin import Configure, Inspect, InspectInline
from tickets.detectors.base import DETECTORS
from tickets.models import (
    Breach,
    HealthBand,
    HealthDay,
    Incident,
    PendingCheck,
    PlaybookStep,
    Rehearsal,
    ReviewItem,
    ServiceLimit,
    Snooze,
    Threshold,
    Ticket,
    TicketEvent,
    WeeklyReview,
)
from tickets.services import thresholds


class EventInline(InspectInline):
    model = TicketEvent
    fields = ["at", "kind", "actor", "text"]


class BreachInline(InspectInline):
    model = Breach
    fields = ["detector", "subject", "state", "severity", "value", "opened_at", "cleared_at"]


@admin.register(Ticket)
class TicketAdmin(Inspect):
    list_display = ["title", "type", "severity", "state", "account", "assignee", "opened_at", "resolved_at"]
    list_filter = ["type", "severity", "state", "resolution", "is_parent", "is_flapping"]
    search_fields = ["title", "scope_key"]
    list_select_related = ["account", "assignee"]
    date_hierarchy = "opened_at"
    inlines = [BreachInline, EventInline]


class ThresholdForm(ModelForm):
    """Only detectors that exist can be chosen."""

    detector = ChoiceField(choices=lambda: [(name, name) for name, _ in DETECTORS])


@admin.register(Threshold)
class ThresholdAdmin(Configure):
    form = ThresholdForm
    list_display = [
        "detector", "account", "brand", "sku", "comparison", "trigger", "unit", "severity", "is_enabled", "version",
    ]  # fmt: skip
    list_filter = ["detector", "is_enabled", "severity"]
    list_select_related = ["account", "brand", "sku"]
    raw_id_fields = ["sku"]
    readonly_fields = ["version"]

    def save_model(self, request: HttpRequest, obj: Threshold, form: ModelForm, change: bool) -> None:
        thresholds.save(obj)


@admin.register(Breach)
class BreachAdmin(Inspect):
    list_display = ["detector", "subject", "state", "severity", "value", "account", "measured_at"]
    list_filter = ["detector", "state", "severity"]
    search_fields = ["subject", "title"]
    list_select_related = ["account"]


@admin.register(PendingCheck)
class PendingCheckAdmin(Inspect):
    list_display = ["kind", "subject", "due_at"]
    list_filter = ["kind"]


@admin.register(Snooze)
class SnoozeAdmin(Inspect):
    list_display = ["ticket", "until", "asked_by", "reason", "ended_at"]
    list_select_related = ["ticket"]


@admin.register(HealthBand)
class HealthBandAdmin(Configure):
    list_display = ["metric", "marketplace", "account", "stable", "watch", "is_of_limit", "valid_from", "source"]
    list_filter = ["metric"]
    list_select_related = ["account"]


@admin.register(ServiceLimit)
class ServiceLimitAdmin(Configure):
    list_display = ["marketplace", "metric", "level", "limit", "window", "window_days", "valid_from", "source"]
    list_filter = ["marketplace", "metric", "level"]


@admin.register(HealthDay)
class HealthDayAdmin(Inspect):
    list_display = ["day", "account", "metric", "value", "band", "samples", "why"]
    list_filter = ["metric", "band"]
    list_select_related = ["account"]
    date_hierarchy = "day"


@admin.register(PlaybookStep)
class PlaybookStepAdmin(Configure):
    list_display = ["effect", "position", "title", "owner"]
    list_filter = ["effect", "owner"]


@admin.register(ReviewItem)
class ReviewItemAdmin(Configure):
    list_display = ["position", "domain", "title", "owner", "is_active"]
    list_filter = ["domain", "owner"]


@admin.register(Incident)
class IncidentAdmin(Inspect):
    list_display = ["title", "effect", "severity", "state", "account", "detected_at", "recovered_at"]
    list_filter = ["effect", "severity", "state"]
    list_select_related = ["account"]


@admin.register(WeeklyReview)
class WeeklyReviewAdmin(Inspect):
    list_display = ["week_on", "signed_by", "signed_at"]


@admin.register(Rehearsal)
class RehearsalAdmin(Inspect):
    list_display = ["effect", "held_on", "held_by"]
