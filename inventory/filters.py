"""Filters of orders, returns and stock; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from catalog.filters import AccountFilter, marketplaces
from config.core import clock
from config.core.filters import FlagFilter, SearchFilter, SpanFilter
from inventory.models import Order, OrderEvent, OrderLine, Return, StockLevel
from inventory.selectors import OPEN
from marketplaces.canonical import Fulfilment, OrderStatus


def choices(enum: type) -> list[tuple[str, str]]:
    return [(item.value, item.value.replace("_", " ")) for item in enum]  # type: ignore[attr-defined]


class OrderFilter(django_filters.FilterSet):
    q = SearchFilter(label="order or SKU", exact=("external_id", "lines__remote_id", "lines__sku__code"))
    status = django_filters.MultipleChoiceFilter(choices=choices(OrderStatus))
    fulfilment = django_filters.ChoiceFilter(choices=choices(Fulfilment), empty_label="any", label="ships")
    account = AccountFilter(field_name="account", label="account")
    marketplace = django_filters.ChoiceFilter(
        field_name="account__marketplace", choices=marketplaces, empty_label="any", label="marketplace"
    )
    channel = django_filters.CharFilter(field_name="channel", lookup_expr="iexact", label="store")
    sku = django_filters.CharFilter(field_name="lines__sku__code", label="SKU")
    day = SpanFilter(field_name="business_on", label="day")
    is_late = FlagFilter(method="late", label="late")
    is_parked = FlagFilter(method="parked", label="waits for a product")

    currency = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Order
        fields = [
            "q", "status", "is_late", "day", "account", "marketplace", "channel", "fulfilment", "sku", "currency",
            "is_parked",
        ]  # fmt: skip

    def filter_queryset(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        found = super().filter_queryset(queryset)
        joined = any(self.form.cleaned_data.get(name) for name in ("q", "sku", "is_parked"))
        return found.distinct() if joined else found

    def late(self, queryset: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        late = {"status__in": OPEN, "fulfilment": "merchant", "ship_by__lt": clock.now()}
        return queryset.filter(**late) if value else queryset.exclude(**late)

    def parked(self, queryset: QuerySet[Order], name: str, value: bool) -> QuerySet[Order]:
        return queryset.filter(lines__sku=None) if value else queryset.exclude(lines__sku=None)


class OrderLineFilter(django_filters.FilterSet):
    order = django_filters.CharFilter(field_name="order_ref", label="order")
    sku = django_filters.CharFilter(field_name="sku__code", label="SKU")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = OrderLine
        fields = ["remote_id"]


class OrderEventFilter(django_filters.FilterSet):
    order = django_filters.CharFilter(field_name="order_ref", label="order")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = OrderEvent
        fields = ["kind", "source"]


class ReturnFilter(django_filters.FilterSet):
    q = SearchFilter(label="order or SKU", exact=("order_ref", "external_id", "remote_id", "sku__code"))
    account = AccountFilter(field_name="account", label="account")
    returned = SpanFilter(field_name="returned_at", label="came back")
    is_handled = FlagFilter(label="handled")
    fulfilment = django_filters.ChoiceFilter(choices=choices(Fulfilment), empty_label="any", label="shipped by")

    class Meta:
        model = Return
        fields = ["q", "account", "returned", "is_handled", "fulfilment"]


class StockFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU", exact=("remote_id", "sku__code"), within=("sku__title",))
    warehouse = django_filters.CharFilter(field_name="warehouse__code", label="warehouse")
    account = AccountFilter(field_name="warehouse__account", label="account")
    is_out = FlagFilter(method="out", label="sold out")

    is_focus = FlagFilter(field_name="sku__is_focus", label="focus")

    class Meta:
        model = StockLevel
        fields = ["q", "account", "warehouse", "is_out", "is_focus"]

    def out(self, queryset: QuerySet[StockLevel], name: str, value: bool) -> QuerySet[StockLevel]:
        return queryset.filter(available__lte=0) if value else queryset.exclude(available__lte=0)
