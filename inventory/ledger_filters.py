"""Filters of moves, reservations, shortages, rules and counts; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet

from catalog.filters import AccountFilter
from config.core.filters import FlagFilter, SearchFilter, SpanFilter
from inventory.models import AllocationRule, CountState, Holding, MoveKind, Reservation, Shortage, StockCount, StockMove
from inventory.offering import LABELS


class HoldingFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU", exact=("sku__code",), within=("sku__title",))
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")
    is_out = FlagFilter(method="out", label="nothing available")

    class Meta:
        model = Holding
        fields = ["q", "warehouse", "is_out"]

    def out(self, queryset: QuerySet[Holding], name: str, value: bool) -> QuerySet[Holding]:
        return queryset.filter(available=0) if value else queryset.exclude(available=0)


class MoveFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or reference", exact=("sku__code", "reference"))
    kind = django_filters.MultipleChoiceFilter(choices=MoveKind.choices)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")
    happened = SpanFilter(field_name="happened_at", label="day")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = StockMove
        fields = ["q", "kind", "warehouse", "happened", "account"]


class ReservationFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or order", exact=("sku__code", "order_line__order_ref"))
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")
    account = AccountFilter(field_name="order_line__account", label="account")
    is_held = FlagFilter(method="held", label="holds units")
    is_expiring = FlagFilter(field_name="expires_at", lookup_expr="isnull", exclude=True, label="not paid for yet")

    class Meta:
        model = Reservation
        fields = ["q", "is_held", "warehouse", "account", "is_expiring"]

    def held(self, queryset: QuerySet[Reservation], name: str, value: bool) -> QuerySet[Reservation]:
        return queryset.filter(held__gt=0) if value else queryset.filter(held=0)


class ShortageFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or order", exact=("sku__code", "order_line__order_ref"))
    account = AccountFilter(field_name="account", label="account")
    is_open = FlagFilter(method="open", label="open")

    class Meta:
        model = Shortage
        fields = ["q", "account", "is_open"]

    def open(self, queryset: QuerySet[Shortage], name: str, value: bool) -> QuerySet[Shortage]:
        lacks = Q(missing__gt=0) | Q(unbacked__gt=0)
        return queryset.filter(lacks) if value else queryset.exclude(lacks)


class RuleFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU", exact=("sku__code", "listing__remote_id"))
    kind = django_filters.MultipleChoiceFilter(choices=[(kind.value, label) for kind, label in LABELS.items()])
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = AllocationRule
        fields = ["q", "kind", "account"]


class CountFilter(django_filters.FilterSet):
    state = django_filters.MultipleChoiceFilter(choices=CountState.choices)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")

    class Meta:
        model = StockCount
        fields = ["state", "warehouse"]
