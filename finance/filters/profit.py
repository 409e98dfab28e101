"""Filters of profit lines and days, for the screens and the API."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from config.core.filters import FlagFilter, MoneyRangeFilter, SearchFilter, SpanFilter
from finance.filters.statements import account_choice
from finance.models import LineProfit, ProfitDay
from finance.profitability import STEPS

MISSING = {
    "no_price": "no price",
    "other_currency": "settled in another currency",
    "no_vat": "no VAT rate",
    "no_sku": "no SKU",
    "no_cost": "no cost",
    "no_rate": "no exchange rate",
    "no_fees": "no fees",
    "no_fulfilment": "no fulfilment fee",
    "no_payment": "no payment fee",
    "no_statement": "charges of the account not told yet",
}


class LineProfitFilter(django_filters.FilterSet):
    """Lines by order, SKU, store, day, margin, and by what is missing or moved."""

    q = SearchFilter(exact=("order_line__order_ref", "sku__code"), label="Order or SKU")
    account = account_choice()
    marketplace = django_filters.CharFilter("account__marketplace", label="Marketplace")
    sku = django_filters.CharFilter("sku__code", label="SKU")
    remote_id = django_filters.CharFilter("order_line__remote_id", label="Listing")
    day = SpanFilter("day", label="Ordered between")
    missing = django_filters.ChoiceFilter(choices=list(MISSING.items()), method="by_missing", label="Missing")
    step = django_filters.ChoiceFilter(choices=[(s, s) for s in STEPS], method="by_step", label="With an amount of")
    is_settled = FlagFilter(label="Settled")
    cm2 = MoneyRangeFilter(label="CM2")

    class Meta:
        model = LineProfit
        fields = (
            "q",
            "account",
            "marketplace",
            "channel",
            "currency",
            "sku",
            "remote_id",
            "day",
            "missing",
            "step",
            "is_settled",
            "cm2",
        )

    def by_missing(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(missing__contains=[value])

    def by_step(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.exclude(**{value: 0}).exclude(**{f"{value}__isnull": True})


class ProfitDayFilter(django_filters.FilterSet):
    """Days by store, SKU and currency."""

    account = account_choice()
    marketplace = django_filters.CharFilter("account__marketplace", label="Marketplace")
    sku = django_filters.CharFilter("sku__code", label="SKU")
    day = SpanFilter("day", label="Days")
    is_account_level = FlagFilter(label="Charges of the account")

    class Meta:
        model = ProfitDay
        fields = ("account", "marketplace", "channel", "currency", "sku", "day", "is_account_level")
