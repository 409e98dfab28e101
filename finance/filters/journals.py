"""Filters of journals, account map, exports and months, for the screens and the API."""

from __future__ import annotations

import django_filters
from django.forms import DateInput

from config.core.filters import FlagFilter, LinkFilter, MoneyRangeFilter, SearchFilter, SpanFilter
from finance.filters.statements import account_choice
from finance.models import AccountMonth, AccountRule, ExportFormat, Journal, JournalExport, JournalLine, Restatement


class JournalFilter(django_filters.FilterSet):
    """Entries by document, account, kind, month and day."""

    q = SearchFilter(exact=("number", "settlement__external_id"), label="Document or statement")
    account = account_choice()
    booked = SpanFilter("booked_on", label="Booked between")
    debit = MoneyRangeFilter(label="Amount")
    month = django_filters.DateFilter(widget=DateInput(attrs={"type": "date"}), label="Month from its first day")
    is_locked = FlagFilter(label="Locked")

    class Meta:
        model = Journal
        fields = ("q", "account", "kind", "booked", "month", "currency", "debit", "is_locked")


class JournalLineFilter(django_filters.FilterSet):
    """Postings by entry, ledger account, purpose and order."""

    journal = LinkFilter("journal_id")
    account = django_filters.CharFilter(field_name="journal__account__key")
    month = django_filters.DateFilter(field_name="journal__month")

    class Meta:
        model = JournalLine
        fields = ("journal", "account", "month", "code", "purpose", "order_ref", "late_for")


class AccountRuleFilter(django_filters.FilterSet):
    """Rows of the account map."""

    account = account_choice()

    class Meta:
        model = AccountRule
        fields = ("purpose", "account", "tax_class", "country", "code")


class MonthFilter(django_filters.FilterSet):
    """Months that someone worked on."""

    account = account_choice()

    class Meta:
        model = AccountMonth
        fields = ("account", "state", "month")


class JournalExportFilter(django_filters.FilterSet):
    """Files that left the house."""

    account = account_choice()
    kind = django_filters.ChoiceFilter(field_name="format", choices=ExportFormat.choices)

    class Meta:
        model = JournalExport
        fields = ("account", "month", "kind", "is_current")


class RestatementFilter(django_filters.FilterSet):
    """What changed about locked months."""

    account = account_choice()

    class Meta:
        model = Restatement
        fields = ("account", "month", "booked_month", "kind")
