"""Filters of claims, decisions and the money of order lines, for the screen and the API."""

from __future__ import annotations

import django_filters

from config.core.filters import LinkFilter, MoneyRangeFilter, SearchFilter, SpanFilter
from finance.filters.statements import account_choice
from finance.models import (
    Claim,
    ClaimState,
    DecisionState,
    DiscrepancyKind,
    HumanMatch,
    MoneyState,
    OrderLineMoney,
    WriteOff,
)
from marketplaces.selectors import accounts


class ClaimFilter(django_filters.FilterSet):
    """Claims by state, kind, account, deadline and amount."""

    q = SearchFilter(exact=("order_ref", "reference"), label="Order or case")
    account = account_choice()
    state = django_filters.MultipleChoiceFilter(choices=ClaimState.choices)
    kind = django_filters.MultipleChoiceFilter(choices=DiscrepancyKind.choices)
    deadline = SpanFilter("deadline_on", label="Deadline between")
    asked = MoneyRangeFilter(label="Asked")

    class Meta:
        model = Claim
        fields = ("q", "account", "state", "kind", "currency", "deadline", "asked")


class OrderLineMoneyFilter(django_filters.FilterSet):
    """Order lines by the state of their money, account, day and variance."""

    q = SearchFilter(exact=("order_line__order_ref",), label="Order")
    account = account_choice()
    state = django_filters.MultipleChoiceFilter(choices=MoneyState.choices)
    ordered = SpanFilter("ordered_on", label="Ordered between")
    variance = MoneyRangeFilter(label="Variance")
    order_line = LinkFilter("order_line_id")

    class Meta:
        model = OrderLineMoney
        fields = ("q", "account", "state", "currency", "ordered", "variance", "order_line")


class WriteOffFilter(django_filters.FilterSet):
    """Write-offs by order, account, state, person and amount."""

    q = SearchFilter(exact=("discrepancy__order_ref", "proposed_by"), label="Order or person")
    account = django_filters.ModelChoiceFilter(
        field_name="discrepancy__account", queryset=lambda request: accounts(), to_field_name="key", label="Account"
    )
    state = django_filters.MultipleChoiceFilter(choices=DecisionState.choices)
    amount = MoneyRangeFilter()
    discrepancy = LinkFilter("discrepancy_id")

    class Meta:
        model = WriteOff
        fields = ("q", "account", "state", "currency", "amount", "discrepancy")


class HumanMatchFilter(django_filters.FilterSet):
    """Matches by hand by statement, account, state, person and amount."""

    q = SearchFilter(exact=("settlement__external_id", "proposed_by"), label="Statement or person")
    account = account_choice()
    state = django_filters.MultipleChoiceFilter(choices=DecisionState.choices)
    amount = MoneyRangeFilter()

    class Meta:
        model = HumanMatch
        fields = ("q", "account", "state", "currency", "amount")
