"""Filters that several lists share."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet


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


class SpanFilter(django_filters.DateFromToRangeFilter):
    """A range of days, both included: `<name>_after` and `<name>_before`."""


class MoneyRangeFilter(django_filters.RangeFilter):
    """A range of amounts in the row's own currency: `<name>_min` and `<name>_max`."""
