"""Filters of the shipments board, labels and manifests; the screens and the API use the same."""

from __future__ import annotations

from datetime import timedelta

import django_filters
from django.db.models import F, Q, QuerySet

from catalog.filters import AccountFilter
from config.core import clock
from config.core.filters import FlagFilter, SearchFilter, SpanFilter
from inventory import shipping
from inventory.carriers.news import TrackingState
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Manifest, Order

DUE = (("late", "past due"), ("8", "within 8 hours"), ("24", "within 24 hours"), ("72", "within 3 days"))
STEPS = (
    ("to_pack", "to pack"), ("to_label", "without a label"), ("trouble", "label in trouble"), ("ready", "label bought"),
)  # fmt: skip
WAYS = (
    ("on_way", "on the way"), ("late", "later than promised"), ("silent", "nothing heard for days"),
    ("back", "coming back or returned"), ("arrived", "delivered"),
)  # fmt: skip
TRACKING = [(state.value, state.value.replace("_", " ")) for state in TrackingState]


class BoardFilter(django_filters.FilterSet):
    q = SearchFilter(label="order or SKU", exact=("external_id", "lines__remote_id", "lines__sku__code"))
    due = django_filters.ChoiceFilter(choices=DUE, method="by_due", empty_label="any", label="due")
    step = django_filters.ChoiceFilter(choices=STEPS, method="by_step", empty_label="any", label="step")
    account = AccountFilter(field_name="account", label="account")
    country = django_filters.CharFilter(field_name="ship_to_country", lookup_expr="iexact", label="to country")

    class Meta:
        model = Order
        fields = ["q", "due", "step", "account", "country"]

    def filter_queryset(self, queryset: QuerySet[Order]) -> QuerySet[Order]:
        found = super().filter_queryset(queryset)
        return found.distinct() if self.form.cleaned_data.get("q") else found

    def by_due(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        until = clock.now() if value == "late" else clock.now() + timedelta(hours=int(value))
        return queryset.filter(ship_by__lt=until)

    def by_step(self, queryset: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        steps = {
            "to_pack": Q(packed__lt=F("units")), "to_label": Q(bought=0),
            "trouble": Q(in_doubt=True) | Q(refused=True), "ready": Q(bought__gt=0),
        }  # fmt: skip
        return queryset.filter(steps[value])


class LabelFilter(django_filters.FilterSet):
    q = SearchFilter(
        label="number or order",
        exact=("tracking_number", "return_tracking_number", "ref", "parcel__shipment__order__external_id"),
    )
    state = django_filters.MultipleChoiceFilter(choices=LabelState.choices)
    kind = django_filters.ChoiceFilter(choices=LabelKind.choices, empty_label="any")
    tracking_state = django_filters.ChoiceFilter(choices=TRACKING, empty_label="any", label="where it is")
    way = django_filters.ChoiceFilter(choices=WAYS, method="by_way", empty_label="any", label="way")
    account = AccountFilter(field_name="parcel__shipment__order__account", label="account")
    bought = SpanFilter(field_name="bought_at", label="bought")
    is_printed = FlagFilter(method="printed", label="printed")
    is_closed = FlagFilter(method="closed", label="day closed")

    class Meta:
        model = Label
        fields = ["q", "state", "way", "tracking_state", "bought", "account", "kind", "is_printed", "is_closed"]

    def by_way(self, queryset: QuerySet[Label], name: str, value: str) -> QuerySet[Label]:
        ways = {
            "on_way": Q(first_scan_at__isnull=False) & ~Q(tracking_state__in=shipping.AT_AN_END), "late": shipping.late(),
            "silent": shipping.silent(), "back": shipping.coming_back(), "arrived": Q(delivered_at__isnull=False),
        }  # fmt: skip
        return queryset.filter(ways[value])

    def printed(self, queryset: QuerySet[Label], name: str, value: bool) -> QuerySet[Label]:
        return queryset.filter(printed_at__isnull=not value)

    def closed(self, queryset: QuerySet[Label], name: str, value: bool) -> QuerySet[Label]:
        return queryset.filter(manifest__isnull=not value)


class ManifestFilter(django_filters.FilterSet):
    contract = django_filters.ModelChoiceFilter(
        field_name="account", queryset=lambda request: CarrierAccount.objects.all()
    )
    closed = SpanFilter(field_name="closed_at", label="closed")

    class Meta:
        model = Manifest
        fields = ["contract", "closed"]
