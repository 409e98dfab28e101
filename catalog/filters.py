"""Filters of products and listings; the screens and the API use the same."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from catalog.models import Listing, RemoteProduct, RemoteState, Sku, SkuKind, Upload, UploadRow
from catalog.selectors import problems
from catalog.uploads.kinds import KINDS
from config.core.filters import FlagFilter, LinkFilter, MoneyRangeFilter, SearchFilter
from config.core.sheets.models import RowState, SheetState
from marketplaces import registry, selectors
from marketplaces.canonical import Fulfilment, ListingStatus
from marketplaces.models import Account


def accounts(request: object) -> QuerySet[Account]:
    """What an account can be chosen from."""
    return selectors.accounts().order_by("label")


def marketplaces() -> list[tuple[str, str]]:
    return [(adapter.key, adapter.label) for adapter in registry.all_adapters()]


class AccountFilter(django_filters.ModelChoiceFilter):
    """One account by its key."""

    def __init__(self, **options: object) -> None:
        super().__init__(queryset=accounts, to_field_name="key", empty_label="any", **options)


class SkuFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU, title or id", exact=("code", "identifiers__value"), within=("title",))
    brand = django_filters.CharFilter(field_name="product__brand__name", lookup_expr="iexact", label="brand")
    kind = django_filters.ChoiceFilter(choices=SkuKind.choices, empty_label="any")
    is_focus = FlagFilter(label="focus")
    is_retired = FlagFilter(label="retired")

    class Meta:
        model = Sku
        fields = ["q", "brand", "kind", "is_focus", "is_retired"]

    def filter_queryset(self, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        found = super().filter_queryset(queryset)
        return found.distinct() if self.form.cleaned_data.get("q") else found


class ListingFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or listing", exact=("remote_id", "external_id", "sku__code"), within=("title",))
    status = django_filters.MultipleChoiceFilter(choices=[(s.value, s.value) for s in ListingStatus])
    account = AccountFilter(field_name="account", label="account")
    marketplace = django_filters.ChoiceFilter(
        field_name="account__marketplace", choices=marketplaces, empty_label="any", label="marketplace"
    )
    channel = django_filters.CharFilter(lookup_expr="iexact", label="store")
    fulfilment = django_filters.ChoiceFilter(choices=[(f.value, f.value) for f in Fulfilment], empty_label="any")
    currency = django_filters.CharFilter(lookup_expr="iexact")
    price = MoneyRangeFilter(field_name="price", label="price from, to")
    has_issues = FlagFilter(method="with_issues", label="has problems")

    class Meta:
        model = Listing
        fields = [
            "q", "status", "account", "marketplace", "channel", "fulfilment", "has_issues", "price", "currency",
        ]  # fmt: skip

    def with_issues(self, queryset: QuerySet[Listing], name: str, value: bool) -> QuerySet[Listing]:
        ids = problems().values("listing")
        return queryset.filter(pk__in=ids) if value else queryset.exclude(pk__in=ids)


class RemoteProductFilter(django_filters.FilterSet):
    q = SearchFilter(label="product", exact=("remote_id",), within=("title",))
    state = django_filters.MultipleChoiceFilter(choices=RemoteState.choices)
    account = AccountFilter(field_name="account", label="account")
    seen_in = django_filters.CharFilter(lookup_expr="iexact", label="seen in")

    class Meta:
        model = RemoteProduct
        fields = ["q", "state", "account", "seen_in"]


class UploadFilter(django_filters.FilterSet):
    """Sheets by name, person, kind and state."""

    q = SearchFilter(within=("name", "uploaded_by"), label="File or person")
    kind = django_filters.ChoiceFilter(
        choices=lambda: [(key, kind.label) for key, kind in KINDS], empty_label="any", label="about"
    )
    state = django_filters.MultipleChoiceFilter(choices=SheetState.choices)

    class Meta:
        model = Upload
        fields = ("q", "kind", "state")


class UploadRowFilter(django_filters.FilterSet):
    """Rows by what they are about and their state, and whether a second person has still to approve them."""

    q = SearchFilter(exact=("what",), label="about")
    state = django_filters.MultipleChoiceFilter(choices=RowState.choices)
    upload = LinkFilter("upload_id")
    unapproved = FlagFilter(method="by_approval", label="waits for approval")

    class Meta:
        model = UploadRow
        fields = ("q", "state", "unapproved", "upload")

    def by_approval(self, queryset: QuerySet[UploadRow], name: str, value: bool) -> QuerySet[UploadRow]:
        waiting = {"state": RowState.GOOD, "approvals__len__gt": 0}
        return queryset.filter(**waiting) if value else queryset.exclude(**waiting)
