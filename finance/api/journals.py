"""Entries of the books and the files that were made of them, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.core.api import MoneyField, Named, Rows
from config.core.permissions import Action
from finance.filters import journals as filters
from finance.models import Journal, JournalExport, JournalLine
from finance.selectors import journals, months


class JournalSerializer(serializers.ModelSerializer):
    """One entry; `debit` is the sum of its debits, which equals its credits."""

    account = Named("key")
    debit = MoneyField()

    class Meta:
        model = Journal
        fields = ("id", "account", "month", "kind", "settlement", "deposit", "number", "booked_on", "text", "debit",
                  "is_locked", "built_at")  # fmt: skip


class JournalLineSerializer(serializers.ModelSerializer):
    """One posting; plus is debit."""

    amount = MoneyField(currency="journal.currency")

    class Meta:
        model = JournalLine
        fields = ("id", "journal", "row_no", "purpose", "line_class", "code", "name", "tax_key", "tax_rate", "amount",
                  "order_ref", "tax_class", "country", "late_for", "is_contra")  # fmt: skip


class ExportSerializer(serializers.ModelSerializer):
    """A file of the books; `change` says how it differs from the one before."""

    account = Named("key")

    class Meta:
        model = JournalExport
        fields = ("id", "account", "month", "format", "name", "sha256", "size", "entries", "change", "is_current",
                  "made_by", "made_at")  # fmt: skip


class JournalViews(Rows):
    queryset = journals.entries()
    serializer_class = JournalSerializer
    filterset_class = filters.JournalFilter
    needs = Action.VIEW_MONEY


class JournalLineViews(Rows):
    queryset = JournalLine.objects.select_related("journal")
    serializer_class = JournalLineSerializer
    filterset_class = filters.JournalLineFilter
    needs = Action.VIEW_MONEY


class ExportViews(Rows):
    queryset = months.exports()
    serializer_class = ExportSerializer
    filterset_class = filters.JournalExportFilter
    needs = Action.VIEW_MONEY


VIEWS: dict[str, Any] = {"journals": JournalViews, "journal-lines": JournalLineViews, "journal-exports": ExportViews}
