"""Filters of cover and proposals; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from config.core import clock
from config.core.filters import FlagFilter, SearchFilter, SpanFilter
from inventory.models import Coverage, CoverState, InboundKind, InboundShipment, InboundState, StorageRate
from inventory.supply import OPEN_INBOUND, OWN, pools


class CoverFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU", exact=("sku__code",), within=("sku__title",))
    state = django_filters.MultipleChoiceFilter(choices=CoverState.choices, label="cover")
    pool = django_filters.ChoiceFilter(method="of_pool", choices=pools, empty_label="any", label="place")
    days = django_filters.RangeFilter(label="days")
    supplier = django_filters.CharFilter(field_name="sku__supplier", lookup_expr="iexact", label="supplier")
    brand = django_filters.CharFilter(field_name="sku__product__brand__name", lookup_expr="iexact", label="brand")
    is_proposed = FlagFilter(method="proposed", label="to order")
    is_focus = FlagFilter(field_name="sku__is_focus", label="focus")

    class Meta:
        model = Coverage
        fields = ["q", "state", "pool", "days", "supplier", "brand", "is_proposed", "is_focus"]

    def of_pool(self, queryset: QuerySet[Coverage], name: str, value: str) -> QuerySet[Coverage]:
        return queryset.filter(warehouse=None) if value == OWN else queryset.filter(warehouse__code=value)

    def proposed(self, queryset: QuerySet[Coverage], name: str, value: bool) -> QuerySet[Coverage]:
        return queryset.filter(proposed__gt=0) if value else queryset.exclude(proposed__gt=0)


class StorageRateFilter(django_filters.FilterSet):
    pool = django_filters.ChoiceFilter(method="of_pool", choices=pools, label="place", empty_label="any")
    valid_from = SpanFilter(field_name="valid_from", label="valid from")

    class Meta:
        model = StorageRate
        fields = ["pool", "valid_from"]

    def of_pool(self, queryset: QuerySet[StorageRate], name: str, value: str) -> QuerySet[StorageRate]:
        return queryset.filter(warehouse=None) if value == OWN else queryset.filter(warehouse__code=value)


class InboundFilter(django_filters.FilterSet):
    q = SearchFilter(label="reference", exact=("reference", "external_ref"), within=("supplier",))
    sku = django_filters.CharFilter(field_name="lines__sku__code", label="SKU")
    state = django_filters.MultipleChoiceFilter(choices=InboundState.choices)
    kind = django_filters.ChoiceFilter(choices=InboundKind.choices, empty_label="any")
    destination = django_filters.CharFilter(field_name="destination__code", label="to (code)")
    expected = SpanFilter(field_name="expected_on", label="expected")
    is_late = FlagFilter(method="late", label="late")

    class Meta:
        model = InboundShipment
        fields = ["q", "sku", "state", "kind", "destination", "expected", "is_late"]

    def late(self, queryset: QuerySet[InboundShipment], name: str, value: bool) -> QuerySet[InboundShipment]:
        late = {"state__in": OPEN_INBOUND, "expected_on__lt": clock.now().date()}
        return queryset.filter(**late) if value else queryset.exclude(**late)
