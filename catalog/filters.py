"""Filters of products and listings; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from catalog.models import Listing, RemoteProduct, RemoteState, Sku
from config.core.filters import MoneyRangeFilter, SearchFilter
from marketplaces.canonical import ListingStatus


class SkuFilter(django_filters.FilterSet):
    search = SearchFilter(label="SKU, title or id", exact=("code", "identifiers__value"), within=("title",))
    brand = django_filters.CharFilter(field_name="product__brand__name", label="brand")

    class Meta:
        model = Sku
        fields = ["is_focus", "is_retired"]

    def filter_queryset(self, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        found = super().filter_queryset(queryset)
        return found.distinct() if self.form.cleaned_data.get("search") else found


class ListingFilter(django_filters.FilterSet):
    search = SearchFilter(label="SKU or listing", exact=("remote_id", "external_id", "sku__code"), within=("title",))
    status = django_filters.MultipleChoiceFilter(choices=[(s.value, s.value) for s in ListingStatus])
    account = django_filters.CharFilter(field_name="account__key", label="account")
    marketplace = django_filters.CharFilter(field_name="account__marketplace", label="marketplace")
    channel = django_filters.CharFilter(lookup_expr="iexact", label="store")
    price = MoneyRangeFilter(field_name="price", label="price")
    has_issues = django_filters.BooleanFilter(method="with_issues", label="has issues")

    class Meta:
        model = Listing
        fields = ["fulfilment", "currency"]

    def with_issues(self, queryset: QuerySet[Listing], name: str, value: bool) -> QuerySet[Listing]:
        ids = Listing.objects.filter(issues__is_open=True).values("pk")
        return queryset.filter(pk__in=ids) if value else queryset.exclude(pk__in=ids)


class RemoteProductFilter(django_filters.FilterSet):
    search = SearchFilter(label="product", exact=("remote_id",), within=("title",))
    state = django_filters.MultipleChoiceFilter(choices=RemoteState.choices)
    account = django_filters.CharFilter(field_name="account__key", label="account")

    class Meta:
        model = RemoteProduct
        fields = ["seen_in"]
