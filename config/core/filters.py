"""Filters that several lists share."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import HiddenInput
from django_filters.widgets import BooleanWidget, DateRangeWidget


class SearchFilter(django_filters.CharFilter):
    """Text that may stand in any of some fields: `exact` ones by index first, `within` ones anywhere."""

    def __init__(self, *, exact: tuple[str, ...] = (), within: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(**options)
        self.exact = exact
        self.within = within

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        wanted = (value or "").strip()
        if not wanted:
            return qs
        matches = Q()
        for name in self.exact:
            matches |= Q(**{f"{name}__istartswith": wanted})
        for name in self.within:
            matches |= Q(**{f"{name}__icontains": wanted})
        return qs.filter(matches)


class LinkFilter(django_filters.NumberFilter):
    """Rows of one other row, by its number: a link carries it and nobody types it, so that no list of choices grows."""

    def __init__(self, field_name: str) -> None:
        super().__init__(field_name, widget=HiddenInput)


class SpanFilter(django_filters.DateFromToRangeFilter):
    """A range of days, both included: `<name>_after` and `<name>_before`."""

    def __init__(self, *names: Any, **options: Any) -> None:
        super().__init__(*names, **{"widget": DateRangeWidget(attrs={"type": "date"}), **options})


class FlagFilter(django_filters.BooleanFilter):
    """Yes, no, or either; `true` and `false` in an address."""

    def __init__(self, **options: Any) -> None:
        widget = BooleanWidget()
        widget.choices = [("", "any"), ("true", "yes"), ("false", "no")]
        super().__init__(widget=widget, **options)


class MoneyRangeFilter(django_filters.RangeFilter):
    """A range of amounts in the row's own currency: `<name>_min` and `<name>_max`."""
