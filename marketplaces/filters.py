"""Filters of what the pipeline keeps, for the screens and the API."""

from __future__ import annotations

from decimal import Decimal

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from config.core.filters import LinkFilter, SearchFilter, SpanFilter
from marketplaces import registry, subjects
from marketplaces.models import (
    Account,
    AccountStatus,
    Command,
    CommandState,
    EventState,
    Gap,
    GapState,
    InboxEvent,
    RawPage,
    RejectedRow,
    RejectedState,
    RunReason,
    RunState,
    SyncRun,
    SyncState,
    Traffic,
)


def resources() -> list[tuple[str, str]]:
    """Every resource that any marketplace has, in the order of their declarations."""
    keys = dict.fromkeys(resource.key for adapter in registry.all_adapters() for resource in adapter.resources)
    return [(key, key.replace("_", " ")) for key in keys]


class _OfAccount(django_filters.FilterSet):
    account = django_filters.ModelChoiceFilter(
        queryset=lambda request: Account.objects.order_by("label"), to_field_name="key", empty_label="all"
    )


class _OfFlow(_OfAccount):
    resource = django_filters.ChoiceFilter(choices=resources, empty_label="all")


class AccountFilter(django_filters.FilterSet):
    q = SearchFilter(exact=("key",), within=("label",), label="Account")
    status = django_filters.ChoiceFilter(choices=AccountStatus.choices, empty_label="all")

    class Meta:
        model = Account
        fields = ("q", "status", "marketplace", "stage")


class FlowFilter(_OfFlow):
    class Meta:
        model = SyncState
        fields = ("account", "resource", "is_paused")


class RunFilter(_OfFlow):
    """Runs by flow, outcome, what asked for them and when they began."""

    state = django_filters.ChoiceFilter(choices=RunState.choices, empty_label="all")
    reason = django_filters.ChoiceFilter(choices=RunReason.choices, label="Asked by", empty_label="all")
    started = SpanFilter("started_at", label="Started between")

    class Meta:
        model = SyncRun
        fields = ("account", "resource", "state", "reason", "started", "code")


class RejectedRowFilter(_OfFlow):
    q = SearchFilter(exact=("external_id",), within=("reason",), label="Id or reason")
    state = django_filters.ChoiceFilter(choices=RejectedState.choices, empty_label="open ones")

    class Meta:
        model = RejectedRow
        fields = ("q", "account", "resource", "state", "code")


class GapFilter(_OfFlow):
    q = SearchFilter(exact=("external_id",), label="Id")
    state = django_filters.ChoiceFilter(choices=GapState.choices, empty_label="all")

    class Meta:
        model = Gap
        fields = ("q", "account", "resource", "state", "kind", "revealed_by")


class InboxEventFilter(_OfAccount):
    q = SearchFilter(exact=("order_id", "event_id"), label="Order or event")
    state = django_filters.ChoiceFilter(choices=EventState.choices, empty_label="all")
    received = SpanFilter("received_at", label="Received between")

    class Meta:
        model = InboxEvent
        fields = ("q", "account", "state", "kind", "received")


class _Subjects(django_filters.FilterSet):
    order = django_filters.CharFilter(method="about", label="Order")
    sku = django_filters.CharFilter(method="about", label="SKU")

    def about(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(subjects__contains=[f"{name}:{value.strip()}"])


class RawPageFilter(_OfFlow, _Subjects):
    run = LinkFilter("run_id")
    fetched = SpanFilter("fetched_at", label="Fetched between")

    class Meta:
        model = RawPage
        fields = ("order", "sku", "account", "resource", "fetched", "document_id", "run")


class TrafficFilter(_OfAccount, _Subjects):
    """Exchanges by order or SKU that they speak of, operation, outcome and time."""

    q = SearchFilter(exact=("operation", "request_id"), label="Operation or request id")
    status = django_filters.ChoiceFilter(
        choices=[("ok", "answered well"), ("refused", "refused"), ("silent", "no answer")],
        method="by_outcome", label="Outcome", empty_label="all",
    )  # fmt: skip
    at = SpanFilter(label="Between")
    command_id = django_filters.NumberFilter(method="of_command", label="Write")

    class Meta:
        model = Traffic
        fields = ("order", "sku", "q", "account", "status", "at", "run_id", "command_id")

    @extend_schema_field(OpenApiTypes.INT)
    def of_command(self, queryset: QuerySet, name: str, value: Decimal) -> QuerySet:
        """Its own calls, and those that it shared with others."""
        return queryset.filter(Q(command_id=value) | Q(subjects__contains=[subjects.command(int(value))]))

    def by_outcome(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        spans: dict[str, dict[str, int | None]] = {
            "ok": {"status__lt": 400},
            "refused": {"status__gte": 400},
            "silent": {"status": None},
        }
        return queryset.filter(**spans[value])


class CommandFilter(_OfAccount):
    q = SearchFilter(exact=("subject", "key"), label="Subject or key")
    state = django_filters.ChoiceFilter(choices=CommandState.choices, empty_label="all")

    class Meta:
        model = Command
        fields = ("q", "account", "state", "kind", "asked_by")
