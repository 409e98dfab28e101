"""How tickets are narrowed down; the same for the screens and the API."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from config.core.filters import FlagFilter, LinkFilter
from marketplaces.selectors import accounts
from tickets.health.base import METRICS
from tickets.models import (
    Band,
    Effect,
    HealthDay,
    Incident,
    Level,
    Resolution,
    ServiceLimit,
    Severity,
    Threshold,
    Ticket,
    TicketState,
)
from tickets.types import TYPES, Category


class TicketFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Search")
    type = django_filters.MultipleChoiceFilter(choices=[(key, kind.label) for key, kind in TYPES])
    category = django_filters.ChoiceFilter(
        choices=[(each.value, each.value.capitalize()) for each in Category], method="of_category", label="Category"
    )
    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices)
    state = django_filters.MultipleChoiceFilter(choices=TicketState.choices)
    resolution = django_filters.MultipleChoiceFilter(choices=Resolution.choices)
    account = django_filters.ModelChoiceFilter(queryset=lambda request: accounts())
    parent = LinkFilter("parent_id")
    is_assigned = FlagFilter(field_name="assignee", lookup_expr="isnull", exclude=True, label="Somebody has it")
    opened = django_filters.IsoDateTimeFromToRangeFilter(field_name="opened_at")
    money_at_least = django_filters.NumberFilter(field_name="money_rank", lookup_expr="gte", label="At risk, at least")

    class Meta:
        model = Ticket
        fields = [
            "q", "severity", "type", "account", "category", "state", "is_assigned", "money_at_least", "assignee", "brand",
            "resolution", "opened", "parent", "is_parent", "is_flapping", "detector",
        ]  # fmt: skip

    def search(self, found: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return found.filter(Q(title__icontains=value.strip()) | Q(scope_key__icontains=value.strip()))

    def of_category(self, found: QuerySet[Ticket], name: str, value: str) -> QuerySet[Ticket]:
        return found.filter(type__in=[key for key, kind in TYPES if kind.category == value])


class ThresholdFilter(django_filters.FilterSet):
    sku = LinkFilter("sku_id")

    class Meta:
        model = Threshold
        fields = ["detector", "account", "brand", "sku", "is_enabled"]


class HealthFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=lambda request: accounts())
    metric = django_filters.MultipleChoiceFilter(choices=[(key, each.label) for key, each in METRICS])
    band = django_filters.MultipleChoiceFilter(choices=Band.choices)
    day = django_filters.DateFromToRangeFilter(label="Day")

    class Meta:
        model = HealthDay
        fields = ["account", "metric", "band", "day"]


class ServiceLimitFilter(django_filters.FilterSet):
    marketplace = django_filters.CharFilter()
    metric = django_filters.CharFilter()
    level = django_filters.MultipleChoiceFilter(choices=Level.choices)

    class Meta:
        model = ServiceLimit
        fields = ["marketplace", "metric", "level"]


class IncidentFilter(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(queryset=lambda request: accounts())
    effect = django_filters.MultipleChoiceFilter(choices=Effect.choices)
    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices)
    state = django_filters.MultipleChoiceFilter(choices=[("open", "open"), ("closed", "closed")])
    detected = django_filters.IsoDateTimeFromToRangeFilter(field_name="detected_at")

    class Meta:
        model = Incident
        fields = ["account", "effect", "severity", "state", "detected"]
