"""Filters of orders, returns and stock; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from config.core import clock
from config.core.filters import SearchFilter, SpanFilter
from inventory.models import Order, OrderEvent, OrderLine, Return, StockLevel
from inventory.selectors import OPEN
from marketplaces.canonical import Fulfilment, OrderStatus


def choices(enum: type) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in enum]  # type: ignore[attr-defined]


class OrderFilter(django_filters.FilterSet):
    search = SearchFilter(label="order or SKU", exact=("external_id", "lines__remote_id", "lines__sku__code"))
    status = django_filters.MultipleChoiceFilter(choices=choices(OrderStatus))
    fulfilment = django_filters.ChoiceFilter(choices=choices(Fulfilment))
    account = django_filters.CharFilter(field_name="account__key", label="account")
    marketplace = django_filters.CharFilter(field_name="account__marketplace", label="marketplace")
    channel = django_filters.CharFilter(field_name="channel", lookup_expr="iexact", label="store")
    sku = django_filters.CharFilter(field_name="lines__sku__code", label="SKU")
    day = SpanFilter(field_name="business_on", label="day")
    is_late = django_filters.BooleanFilter(method="late", label="late")
    is_parked = django_filters.BooleanFilter(method="parked", label="waits for a product")

    class Meta:
        model = Order
        fields = ["currency"]

    def filter_queryset(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        found = super().filter_queryset(queryset)
        joined = any(self.form.cleaned_data.get(name) for name in ("search", "sku", "is_parked"))
        return found.distinct() if joined else found

    def late(self, queryset: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        late = {"status__in": OPEN, "fulfilment": "merchant", "ship_by__lt": clock.now()}
        return queryset.filter(**late) if value else queryset.exclude(**late)

    def parked(self, queryset: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        return queryset.filter(lines__sku=None) if value else queryset.exclude(lines__sku=None)


class OrderLineFilter(django_filters.FilterSet):
    order = django_filters.CharFilter(field_name="order_ref", label="order")
    sku = django_filters.CharFilter(field_name="sku__code", label="SKU")
    account = django_filters.CharFilter(field_name="account__key", label="account")

    class Meta:
        model = OrderLine
        fields = ["remote_id"]


class OrderEventFilter(django_filters.FilterSet):
    order = django_filters.CharFilter(field_name="order_ref", label="order")
    account = django_filters.CharFilter(field_name="account__key", label="account")

    class Meta:
        model = OrderEvent
        fields = ["kind", "source"]


class ReturnFilter(django_filters.FilterSet):
    search = SearchFilter(label="order or SKU", exact=("order_ref", "external_id", "remote_id", "sku__code"))
    account = django_filters.CharFilter(field_name="account__key", label="account")
    returned = SpanFilter(field_name="returned_at", label="returned")

    class Meta:
        model = Return
        fields = ["is_handled", "fulfilment"]


class StockFilter(django_filters.FilterSet):
    search = SearchFilter(label="SKU", exact=("remote_id", "sku__code"), within=("sku__title",))
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")
    account = django_filters.CharFilter(field_name="warehouse__account__key", label="account")
    is_out = django_filters.BooleanFilter(method="out", label="sold out")

    class Meta:
        model = StockLevel
        fields = ["sku__is_focus"]

    def out(self, queryset: QuerySet[StockLevel], name: str, value: bool) -> QuerySet[StockLevel]:
        return queryset.filter(available__lte=0) if value else queryset.exclude(available__lte=0)
