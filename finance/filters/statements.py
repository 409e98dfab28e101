"""Filters of the statement lists, for the screen and the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from config.core.filters import FlagFilter, LinkFilter, MoneyRangeFilter, SearchFilter, SpanFilter
from finance.classes import Scope
from finance.models import (
    Deposit,
    Discrepancy,
    DiscrepancyKind,
    DiscrepancyState,
    Settlement,
    SettlementLine,
    SettlementState,
    Severity,
)
from marketplaces.selectors import accounts


def account_choice() -> django_filters.ModelChoiceFilter:
    """An account by its key."""
    return django_filters.ModelChoiceFilter(queryset=lambda request: accounts(), to_field_name="key")


class SettlementFilter(django_filters.FilterSet):
    """Statements by account, currency, state, flag, period and total."""

    q = SearchFilter(exact=("external_id",), label="Statement")
    account = account_choice()
    state = django_filters.MultipleChoiceFilter(choices=SettlementState.choices)
    flag = django_filters.ChoiceFilter(choices=DiscrepancyKind.choices, method="by_flag", label="Flag")
    period = SpanFilter("period_end", label="Ended between")
    total = MoneyRangeFilter(label="Total")

    class Meta:
        model = Settlement
        fields = ("q", "account", "state", "flag", "currency", "period", "total", "channel", "kind", "source")

    def by_flag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        flagged = Discrepancy.objects.filter(state=DiscrepancyState.OPEN, kind=value).values("settlement")
        return queryset.filter(pk__in=flagged)


class SettlementLineFilter(django_filters.FilterSet):
    """Lines by scope, class, order and amount."""

    q = SearchFilter(exact=("order_ref", "remote_id"), within=("label_text",), label="Order, SKU or label")
    scope = django_filters.MultipleChoiceFilter(choices=[(scope.value, scope.value) for scope in Scope])
    settlement = LinkFilter("settlement_id")
    amount = MoneyRangeFilter()
    posted = SpanFilter("posted_at", label="Posted between")

    class Meta:
        model = SettlementLine
        fields = ("q", "scope", "line_class", "amount", "posted", "currency", "is_reversal", "settlement")


class DiscrepancyFilter(django_filters.FilterSet):
    """Discrepancies by kind, severity, state and account."""

    q = SearchFilter(exact=("order_ref", "settlement__external_id"), label="Order or statement")
    account = account_choice()
    kind = django_filters.MultipleChoiceFilter(choices=DiscrepancyKind.choices)
    severity = django_filters.MultipleChoiceFilter(choices=Severity.choices)
    state = django_filters.MultipleChoiceFilter(choices=DiscrepancyState.choices)
    settlement = LinkFilter("settlement_id")
    amount = MoneyRangeFilter()

    class Meta:
        model = Discrepancy
        fields = ("q", "account", "kind", "severity", "state", "currency", "amount", "settlement")


class DepositFilter(django_filters.FilterSet):
    """Bank bookings by account, day and whether their statement is known."""

    account = account_choice()
    booked = SpanFilter("booked_on", label="Booked between")
    is_linked = FlagFilter(field_name="settlement", lookup_expr="isnull", exclude=True, label="Has a statement")

    class Meta:
        model = Deposit
        fields = ("account", "currency", "booked", "is_linked")
