"""Filters of costs and cost sheets, for the screens and the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import DateInput, DateTimeInput

from config.core import clock
from config.core.filters import FlagFilter, LinkFilter, MoneyRangeFilter, SearchFilter
from config.core.sheets.models import RowState, SheetState
from finance.models import Cost, CostSheet, CostSheetRow
from finance.selectors import costs
from inventory.selectors import warehouses


class CostFilter(django_filters.FilterSet):
    """Costs by SKU, place, vendor and currency; with a day, only what holds on it; with a moment, as known then."""

    q = SearchFilter(exact=("sku__code",), within=("sku__title",), label="SKU")
    warehouse = django_filters.ModelChoiceFilter(queryset=lambda request: warehouses(), to_field_name="code")
    vendor = django_filters.CharFilter(lookup_expr="icontains")
    currency = django_filters.CharFilter(lookup_expr="iexact")
    valid_on = django_filters.DateFilter(method="not_alone", label="Valid on", widget=DateInput(attrs={"type": "date"}))
    known_at = django_filters.IsoDateTimeFilter(
        method="not_alone", label="As known at (UTC)", widget=DateTimeInput(attrs={"type": "datetime-local"})
    )
    is_end = FlagFilter(label="Ends")
    landed = MoneyRangeFilter()

    class Meta:
        model = Cost
        fields = ("q", "warehouse", "vendor", "currency", "valid_on", "known_at", "is_end", "landed")

    def not_alone(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """Day and moment belong together; both are applied at the end."""
        return queryset

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        found = super().filter_queryset(queryset)
        on, known_at = self.form.cleaned_data.get("valid_on"), self.form.cleaned_data.get("known_at")
        if on:
            return costs.valid(found, on=on, known_at=known_at or clock.now())
        return found.filter(known_at__lte=known_at) if known_at else found


class CostSheetFilter(django_filters.FilterSet):
    """Sheets by name and state."""

    q = SearchFilter(within=("name", "uploaded_by"), label="File or person")
    state = django_filters.MultipleChoiceFilter(choices=SheetState.choices)

    class Meta:
        model = CostSheet
        fields = ("q", "state")


class CostSheetRowFilter(django_filters.FilterSet):
    """Rows by SKU and state, and whether a second person has still to approve them."""

    q = SearchFilter(exact=("sku__code",), label="SKU")
    state = django_filters.MultipleChoiceFilter(choices=RowState.choices)
    sheet = LinkFilter("sheet_id")
    unapproved = FlagFilter(method="by_approval", label="Waits for approval")

    class Meta:
        model = CostSheetRow
        fields = ("q", "state", "unapproved", "sheet")

    def by_approval(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        waiting = {"state": RowState.GOOD, "approvals__len__gt": 0}
        return queryset.filter(**waiting) if value else queryset.exclude(**waiting)
