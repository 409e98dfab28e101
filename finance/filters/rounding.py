"""Filters of the rounding ledger, for the screen and the API."""

from __future__ import annotations

import django_filters
from django.forms import DateInput

from config.core.filters import MoneyRangeFilter, SearchFilter
from finance.filters.statements import account_choice
from finance.models import RoundingEntry


class RoundingFilter(django_filters.FilterSet):
    """Tolerated differences by order or statement, account, month, kind and size."""

    q = SearchFilter(exact=("order_line__order_ref", "settlement__external_id"), label="Order or statement")
    account = account_choice()
    month = django_filters.DateFilter(widget=DateInput(attrs={"type": "date"}), label="Month from its first day")
    difference = MoneyRangeFilter(label="Difference")

    class Meta:
        model = RoundingEntry
        fields = ("q", "account", "month", "kind", "currency", "line_class", "difference")
