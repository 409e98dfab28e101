"""Filters of fee schedules, expected fees and quotes, for the screen and the API."""

from __future__ import annotations

import django_filters

from config.core.filters import FlagFilter, LinkFilter, SearchFilter, SpanFilter
from finance.filters.statements import account_choice
from finance.models import ExpectedFee, FeeQuote, FeeRule, FeeSource, FeeVat
from marketplaces.selectors import accounts

STANDINGS = [(name, name) for name in ("holds", "later", "replaced", "ended", "withdrawn")]


class FeeRuleFilter(django_filters.FilterSet):
    """Rows of schedules by whose they are, where they hold, and how they stand today."""

    q = SearchFilter(exact=("category",), within=("source",), label="Category or source")
    account = account_choice()
    is_agreed = FlagFilter(field_name="account", lookup_expr="isnull", exclude=True, label="Agreed with us")
    standing = django_filters.MultipleChoiceFilter(choices=STANDINGS, label="Today")
    line_class = django_filters.CharFilter(label="Fee")
    channel = django_filters.CharFilter(label="Storefront")
    programme = django_filters.CharFilter(label="Shipped by")
    valid_from = SpanFilter("valid_from", label="Begins between")

    class Meta:
        model = FeeRule
        fields = (
            "q", "account", "is_agreed", "marketplace", "channel", "line_class", "standing", "programme", "currency",
            "valid_from",
        )  # fmt: skip


class FeeVatFilter(django_filters.FilterSet):
    """The VAT on top of fees by account, class and day; a blank class: all of them."""

    account = account_choice()
    valid_from = SpanFilter("valid_from", label="From between")

    class Meta:
        model = FeeVat
        fields = ("account", "channel", "line_class", "valid_from")


class ExpectedFeeFilter(django_filters.FilterSet):
    """Expected fees by order, class, and who says so; `is_known` false shows those that cannot be told."""

    q = SearchFilter(exact=("order_line__order_ref",), label="Order")
    account = django_filters.ModelChoiceFilter(
        field_name="order_line__account", queryset=lambda request: accounts(), to_field_name="key", label="Account"
    )
    source = django_filters.MultipleChoiceFilter(choices=FeeSource.choices)
    order_line = LinkFilter("order_line_id")
    rule = LinkFilter("rule_id")
    quote = LinkFilter("quote_id")
    is_known = FlagFilter(field_name="amount", lookup_expr="isnull", exclude=True, label="Is known")

    class Meta:
        model = ExpectedFee
        fields = ("q", "account", "line_class", "source", "is_known", "reason", "order_line", "rule", "quote")


class FeeQuoteFilter(django_filters.FilterSet):
    """Quotes by account, storefront, product and the day they were given."""

    q = SearchFilter(exact=("remote_id", "external_id"), label="Product")
    account = account_choice()
    quoted = SpanFilter("quoted_at", label="Quoted between")

    class Meta:
        model = FeeQuote
        fields = ("q", "account", "account__key", "channel", "remote_id", "quoted")
