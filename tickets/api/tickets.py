"""Tickets with their timelines, what people do with them, and the thresholds behind them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import clock
from config.core.api import MoneyField, Named, Question, Rows, actor, reporting_currency, write
from config.core.permissions import Action
from tickets import filters, selectors
from tickets.models import Breach, Resolution, Threshold, Ticket, TicketEvent
from tickets.services import tickets


class TicketSerializer(serializers.ModelSerializer):
    """`money_per_day` is at risk; `money_rank` the same in the reporting currency, null without a rate."""

    account = Named("key", or_null=True)
    brand = Named("name", or_null=True)
    assignee = Named("username", or_null=True)
    money_per_day, money_rank = MoneyField(), MoneyField(currency=reporting_currency)

    class Meta:
        model = Ticket
        fields = (
            "id", "type", "scope_key", "title", "detector", "severity", "state", "resolution", "money_per_day",
            "money_rank", "account", "brand", "group_key", "is_parent", "parent", "overflow", "reopen_count",
            "is_flapping", "assignee", "evidence", "action", "action_params", "opened_at", "changed_at",
            "snoozed_until", "resolved_at",
        )  # fmt: skip


class TicketEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = TicketEvent
        fields = ("id", "ticket", "kind", "actor", "text", "facts", "at")


class BreachSerializer(serializers.ModelSerializer):
    account = Named("key", or_null=True)
    money = MoneyField()

    class Meta:
        model = Breach
        fields = (
            "id", "detector", "subject", "state", "account", "ticket", "threshold", "scope_key", "title", "severity",
            "value", "money", "evidence", "measured_at", "opened_at", "cleared_at",
        )  # fmt: skip


class ThresholdSerializer(serializers.ModelSerializer):
    account = Named("key", or_null=True)

    class Meta:
        model = Threshold
        fields = (
            "id", "detector", "account", "channel", "brand", "sku", "comparison", "warn", "trigger", "unit",
            "severity", "opens_after", "clears_after", "is_enabled", "version",
        )  # fmt: skip


class CountSerializer(serializers.Serializer):
    """Unresolved tickets of one type; `hidden` are those that only a parent stands for."""

    type = serializers.CharField(source="type.key")
    label = serializers.CharField(source="type.label")
    open = serializers.IntegerField()
    snoozed = serializers.IntegerField()
    by_severity = serializers.DictField(child=serializers.IntegerField())
    hidden = serializers.IntegerField()


class PrecisionSerializer(serializers.Serializer):
    """How often a detector was right over the closings of the last 90 days.

    `share` is null before the first one. `is_digest_only`: too often wrong, so only S1 gets a ticket of its own.
    """

    detector = serializers.CharField()
    closed = serializers.IntegerField()
    right = serializers.IntegerField()
    share = serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True)
    is_digest_only = serializers.BooleanField()


class Assign(serializers.Serializer):
    """A user's sign-in name; null takes the ticket from whoever has it."""

    to = Named("username", queryset=get_user_model()._default_manager.filter(is_active=True), or_null=True)


class Comment(serializers.Serializer):
    text = serializers.CharField(max_length=10_000)


class Snooze(serializers.Serializer):
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class Resolve(serializers.Serializer):
    resolution = serializers.ChoiceField(choices=Resolution.choices)
    text = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class Reopen(serializers.Serializer):
    text = serializers.CharField(max_length=10_000, required=False, allow_blank=True)


class TicketViews(Rows):
    queryset = Ticket.objects.select_related("account", "brand", "assignee")
    serializer_class = TicketSerializer
    filterset_class = filters.TicketFilter

    @write(Action.WORK_TICKETS, takes=Assign, gives=TicketSerializer)
    def assign(self, request: Request, pk: str) -> Response:
        return self._do(request, tickets.assign)

    @write(Action.WORK_TICKETS, takes=Comment, gives=TicketSerializer)
    def comment(self, request: Request, pk: str) -> Response:
        return self._do(request, tickets.comment)

    @write(Action.WORK_TICKETS, takes=Snooze, gives=TicketSerializer)
    def snooze(self, request: Request, pk: str) -> Response:
        return self._do(request, tickets.snooze)

    @write(Action.WORK_TICKETS, gives=TicketSerializer)
    def wake(self, request: Request, pk: str) -> Response:
        """End a snooze now."""
        return self._do(request, tickets.wake)

    @write(Action.WORK_TICKETS, takes=Resolve, gives=TicketSerializer)
    def resolve(self, request: Request, pk: str) -> Response:
        """Close it and, when it is a parent, its children."""
        return self._do(request, tickets.resolve)

    @write(Action.WORK_TICKETS, takes=Reopen, gives=TicketSerializer)
    def reopen(self, request: Request, pk: str) -> Response:
        return self._do(request, tickets.reopen)

    def _do(self, request: Request, verb: Any) -> Response:
        ticket: Ticket = self.get_object()
        return self.answer(verb(ticket.pk, actor=actor(request), **self.given(request)))


class TicketEventViews(Rows):
    queryset: QuerySet[TicketEvent] = TicketEvent.objects.all()
    serializer_class = TicketEventSerializer
    filterset_fields = {"ticket": ["exact"], "kind": ["exact"], "actor": ["exact"], "at": ["gte", "lt"]}


class BreachViews(Rows):
    queryset = Breach.objects.select_related("account")
    serializer_class = BreachSerializer
    filterset_fields = ("detector", "subject", "state", "ticket", "severity")


class ThresholdViews(Rows):
    queryset = Threshold.objects.select_related("account")
    serializer_class = ThresholdSerializer
    filterset_class = filters.ThresholdFilter


class CountsView(Question):
    """Unresolved tickets per type; a type without any is there with zeros."""

    gives = CountSerializer

    def get(self, request: Request) -> Response:
        return Response(CountSerializer(selectors.counts(), many=True).data)


class PrecisionView(Question):
    """Every detector, with how often people who closed its tickets called it right."""

    gives = PrecisionSerializer

    def get(self, request: Request) -> Response:
        return Response(PrecisionSerializer(selectors.precision(until=clock.now()), many=True).data)


VIEWS: dict[str, Any] = {
    "tickets": TicketViews,
    "ticket-events": TicketEventViews,
    "breaches": BreachViews,
    "thresholds": ThresholdViews,
}
QUESTIONS: dict[str, Any] = {"ticket-counts": CountsView, "detectors": PrecisionView}
