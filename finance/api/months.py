"""Months over the API: their checklist, locks and certificates, what was rounded, and what changed afterwards."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question, Rows, actor, write
from config.core.permissions import Action
from finance.api.journals import ExportSerializer
from finance.filters import journals as filters
from finance.filters.rounding import RoundingFilter
from finance.models import AccountMonth, Certificate, ExportFormat, RoundingEntry
from finance.models import Restatement as RestatementRow
from finance.selectors import bridges, months, rounding
from finance.services import certificates, closing, exports
from marketplaces.models import Account
from marketplaces.selectors import accounts


class AccountMonthSerializer(serializers.ModelSerializer):
    """A month that someone worked on; every other one is open."""

    account = Named("key")

    class Meta:
        model = AccountMonth
        fields = ("id", "account", "month", "state", "prepared_by", "prepared_at", "locked_by", "locked_at")


class RestatementSerializer(serializers.ModelSerializer):
    """`amount`: the change, plus is better for you; null where it cannot be told."""

    account = Named("key")
    amount = MoneyField()

    class Meta:
        model = RestatementRow
        fields = (
            "id",
            "account",
            "month",
            "kind",
            "reference",
            "amount",
            "booked_month",
            "reason",
            "noted_by",
            "noted_at",
        )


class CertificateSerializer(serializers.ModelSerializer):
    """`certificate` is the signed content; the archive holds the same with every file and a script that verifies it."""

    account = serializers.CharField(source="month.account.key", read_only=True)
    month = serializers.DateField(source="month.month", read_only=True)
    certificate = serializers.SerializerMethodField()

    class Meta:
        model = Certificate
        fields = ("id", "account", "month", "sha256", "public_key", "signature", "bundle_sha256", "bundle_size", "made_at",
                  "certificate")  # fmt: skip

    def get_certificate(self, row: Certificate) -> dict[str, Any]:
        return dict(json.loads(certificates.content(row)))


class MonthAsked(serializers.Serializer):
    """An account by its key, and any day of the month."""

    account = Named("key", queryset=accounts())
    month = serializers.DateField()


class Accepted(MonthAsked):
    key = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=300)


class ExportAsked(MonthAsked):
    format = serializers.ChoiceField(choices=ExportFormat.choices)


class CheckRow(serializers.Serializer):
    """One check; `is_done` where it does not keep the month open."""

    key = serializers.CharField(source="spec.key")
    title = serializers.CharField(source="spec.title")
    is_blocking = serializers.BooleanField(source="spec.is_blocking")
    passed = serializers.BooleanField(allow_null=True)
    why = serializers.CharField()
    is_done = serializers.BooleanField()
    accepted_by = serializers.CharField()
    accepted_reason = serializers.CharField()


class BridgeRow(serializers.Serializer):
    """From one figure to another; `rest` is what the steps leave unexplained."""

    title = serializers.CharField()
    currency = serializers.CharField()
    steps = serializers.SerializerMethodField()
    end_title = serializers.CharField()
    end = serializers.DecimalField(max_digits=19, decimal_places=4)
    rest = serializers.DecimalField(max_digits=19, decimal_places=4)

    def get_steps(self, row: bridges.Bridge) -> list[dict[str, str]]:
        return [{"title": title, "amount": f"{amount:.4f}"} for title, amount in row.steps]


class RoundingRow(serializers.Serializer):
    """The rounding ledger of a month in one currency: sizes, what the books rounded, and how much is allowed."""

    currency = serializers.CharField()
    fees = serializers.IntegerField()
    exchanges = serializers.IntegerField()
    amount = MoneyField()
    size = MoneyField()
    booked = MoneyField()
    total = MoneyField()
    allowed = MoneyField()
    is_within = serializers.BooleanField()


class MonthTold(serializers.Serializer):
    checks = CheckRow(many=True)
    bridges = BridgeRow(many=True)
    rounding = RoundingRow(many=True)


class Blocked(serializers.Serializer):
    """Statements that cannot be booked, each with why."""

    blocked = serializers.DictField(child=serializers.CharField())


class AccountMonthViews(Rows):
    queryset = months.months()
    serializer_class = AccountMonthSerializer
    filterset_class = filters.MonthFilter
    needs = Action.VIEW_MONEY

    @write(Action.PREPARE_MONTH, takes=MonthAsked, gives=Blocked, detail=False)
    def book(self, request: Request) -> Response:
        """Build the entries of the month's statements again."""
        blocked = closing.book(**self.given(request))
        return Response({"blocked": {str(pk): why for pk, why in blocked.items()}})

    @write(Action.PREPARE_MONTH, takes=ExportAsked, gives=ExportSerializer, detail=False)
    def export(self, request: Request) -> Response:
        """Write a file of the month; the same books give the same file, a locked month never gives another one."""
        given = self.given(request)
        made = exports.export(given["account"], given["month"], given["format"], by=actor(request))
        return Response(ExportSerializer(made).data)

    @write(Action.PREPARE_MONTH, takes=Accepted, gives=MonthTold, detail=False)
    def accept(self, request: Request) -> Response:
        """Live with a failed check, for as long as it says the same."""
        given = self.given(request)
        closing.accept(
            given["account"], given["month"], given["key"], by=actor(request), reason=given["reason"]
        )  # fmt: skip
        return Response(_told(given["account"], given["month"]))

    @write(Action.PREPARE_MONTH, takes=MonthAsked, gives=AccountMonthSerializer, detail=False)
    def prepare(self, request: Request) -> Response:
        """Say that the month is ready; another person locks it."""
        return self.answer(closing.prepare(**self.given(request), by=actor(request)))

    @write(Action.PREPARE_MONTH, takes=MonthAsked, gives=AccountMonthSerializer, detail=False)
    def withdraw(self, request: Request) -> Response:
        """Take back that the month is ready."""
        return self.answer(closing.withdraw(**self.given(request)))

    @write(Action.CLOSE_MONTH, takes=MonthAsked, gives=AccountMonthSerializer, detail=False)
    def lock(self, request: Request) -> Response:
        """Lock and certify the month; only a person may, and not the one who prepared it."""
        return self.answer(closing.lock(**self.given(request), by=actor(request)))


def _told(account: Account, month: date) -> Any:
    of = closing.about(account, month)
    told = {"checks": closing.looked_at(of), "bridges": bridges.of_month(account, of.month), "rounding": of.rounding}
    return MonthTold(told).data


class ChecklistView(Question):
    """The checklist of an account's month and its bridges, as they are now."""

    needs = Action.VIEW_MONEY
    asks = MonthAsked
    gives = MonthTold
    gives_one = True

    def get(self, request: Request) -> Response:
        return Response(_told(**self.given(request)))


class RoundingSerializer(serializers.ModelSerializer):
    """One tolerated difference; plus is money towards the seller."""

    account = Named("key")
    expected, actual, difference = MoneyField(), MoneyField(), MoneyField()

    class Meta:
        model = RoundingEntry
        fields = ("id", "account", "month", "kind", "settlement", "order_line", "line_class", "expected", "actual",
                  "difference", "noted_at")  # fmt: skip


class RoundingEntryViews(Rows):
    queryset = rounding.entries()
    serializer_class = RoundingSerializer
    filterset_class = RoundingFilter
    needs = Action.VIEW_MONEY


class RestatementViews(Rows):
    queryset = months.restatements()
    serializer_class = RestatementSerializer
    filterset_class = filters.RestatementFilter
    needs = Action.VIEW_MONEY


class CertificateViews(Rows):
    queryset = Certificate.objects.select_related("month__account")
    serializer_class = CertificateSerializer
    filterset_fields = ("month__account__key", "month__month", "sha256")
    needs = Action.VIEW_MONEY


VIEWS: dict[str, Any] = {
    "account-months": AccountMonthViews,
    "restatements": RestatementViews,
    "certificates": CertificateViews,
    "rounding-entries": RoundingEntryViews,
}
QUESTIONS: dict[str, Any] = {"account-months/checklist": ChecklistView}
