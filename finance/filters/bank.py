"""Filters of bank bookings and of the rows of bank files that could not be read."""

from __future__ import annotations

import django_filters

from config.core.filters import FlagFilter, MoneyRangeFilter, SearchFilter, SpanFilter
from finance.models import BankAccount, BankBooking, BankRejected
from marketplaces.selectors import accounts


class BankBookingFilter(django_filters.FilterSet):
    """Bookings by bank account, marketplace account, day, amount, and what they became."""

    q = SearchFilter(exact=("bank_ref",), within=("reference",), label="Reference")
    bank_account = django_filters.ModelChoiceFilter(queryset=lambda request: BankAccount.objects.order_by("iban"))
    account = django_filters.ModelChoiceFilter(
        field_name="deposit__account", queryset=lambda request: accounts(), to_field_name="key", label="Marketplace"
    )
    booked = SpanFilter("booked_on", label="Booked between")
    amount = MoneyRangeFilter()
    is_known = FlagFilter(field_name="deposit", lookup_expr="isnull", exclude=True, label="Of a marketplace")
    is_paid = FlagFilter(
        field_name="deposit__settlement", lookup_expr="isnull", exclude=True, label="Has a statement"
    )  # fmt: skip
    is_return = FlagFilter(label="A return")

    class Meta:
        model = BankBooking
        fields = ("q", "bank_account", "account", "booked", "amount", "currency", "is_known", "is_paid", "is_return")


class BankRejectedFilter(django_filters.FilterSet):
    """Parked rows by file, reason and state."""

    q = SearchFilter(within=("reason", "file__name"), label="Reason or file")

    class Meta:
        model = BankRejected
        fields = ("q", "state")
