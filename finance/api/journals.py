"""Entries of the books and the files that were made of them, over the API."""

from __future__ import annotations

import base64
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question, Rows
from config.core.permissions import Action
from finance.filters import journals as filters
from finance.models import Journal, JournalExport, JournalLine
from finance.selectors import journals, months
from finance.services import exports


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


class FileAsked(serializers.Serializer):
    id = serializers.IntegerField()


class FileTold(serializers.Serializer):
    """The file byte by byte as it was exported, in base64."""

    name = serializers.CharField()
    sha256 = serializers.CharField()
    base64 = serializers.CharField()


class ExportFileView(Question):
    """A file of the books, byte by byte as it was exported."""

    needs = Action.VIEW_MONEY
    asks = FileAsked
    gives = FileTold
    gives_one = True

    def get(self, request: Request) -> Response:
        asked = FileAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        made = JournalExport.objects.filter(pk=asked.validated_data["id"]).first()
        if made is None:
            raise Http404("no such export")
        body = base64.b64encode(exports.content(made)).decode()
        return Response({"name": made.name, "sha256": made.sha256, "base64": body})


VIEWS: dict[str, Any] = {"journals": JournalViews, "journal-lines": JournalLineViews, "journal-exports": ExportViews}
QUESTIONS: dict[str, Any] = {"journal-exports/file": ExportFileView}
