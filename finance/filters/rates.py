"""Filters of the exchange rates, for the screen and the API."""

from __future__ import annotations

import django_filters

from config.core.filters import SpanFilter
from finance.fx.models import Rate
from finance.selectors import rates


class RateFilter(django_filters.FilterSet):
    """Rates by currency, source and bank day."""

    currency = django_filters.ChoiceFilter(choices=lambda: [(code, code) for code in rates.currencies()])
    day = SpanFilter("day", label="Bank day")
    source = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Rate
        fields = ("currency", "day", "source")
