"""Filters of what is wanted, under way, compared and refused; the screens and the API use the same."""

from __future__ import annotations

import django_filters

from catalog.filters import AccountFilter
from catalog.models import BatchState, LearnedRule, OfferField, OfferState, ParityRun, PublishBatch
from catalog.publishing import blocked
from config.core.filters import FlagFilter, SearchFilter
from marketplaces.services import batches

FIELDS = [(name, name.replace("_", " ")) for name in batches.WRITABLE]


class OfferFieldFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or listing", exact=("listing__remote_id", "listing__external_id", "listing__sku__code"))
    state = django_filters.MultipleChoiceFilter(choices=OfferState.choices)
    field = django_filters.ChoiceFilter(choices=FIELDS, empty_label="any")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = OfferField
        fields = ["q", "state", "field", "account"]


class BlockedFilter(django_filters.FilterSet):
    q = SearchFilter(label="SKU or listing", exact=("listing__remote_id", "listing__external_id", "listing__sku__code"))
    block = django_filters.ChoiceFilter(choices=list(blocked.LABELS.items()), empty_label="any", label="why")
    field = django_filters.ChoiceFilter(choices=FIELDS, empty_label="any")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = OfferField
        fields = ["q", "block", "field", "account"]


class ParityRunFilter(django_filters.FilterSet):
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = ParityRun
        fields = ["account"]


class PublishBatchFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=BatchState.choices, empty_label="any")
    account = AccountFilter(field_name="account", label="account")

    class Meta:
        model = PublishBatch
        fields = ["state", "account"]


class LearnedRuleFilter(django_filters.FilterSet):
    q = SearchFilter(label="kind or reason", exact=("product_type", "marketplace"), within=("reason",))
    field = django_filters.ChoiceFilter(choices=FIELDS, empty_label="any")
    is_waived = FlagFilter(label="waived")

    class Meta:
        model = LearnedRule
        fields = ["q", "field", "is_waived"]
