"""Statements from the bank to the row, what their lines were matched to, and the differences."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Lists, MoneyField, Named, Reason, Rows, actor, write
from config.core.permissions import Action
from finance import discrepancies
from finance.filters import statements as filters
from finance.models import Deposit, Discrepancy, FeeQuote, IdentityCheck, Match, Settlement, SettlementLine
from finance.selectors import statements as selectors
from finance.services import approvals, differences, payouts, reconcile
from finance.services.bank import deposits
from marketplaces.api.flows import RunSerializer
from marketplaces.selectors import accounts
from marketplaces.services import statements


class CheckSerializer(serializers.ModelSerializer):
    """One tie-out identity; `passed` null with a reason where it cannot be told yet."""

    expected, actual = MoneyField(), MoneyField()

    class Meta:
        model = IdentityCheck
        fields = ("number", "expected", "actual", "passed", "reason", "as_of")


class SettlementSerializer(serializers.ModelSerializer):
    """`total` is what is paid out; `residual` what its lines leave unexplained, null with a reason."""

    account = Named("key")
    total, residual = MoneyField(), MoneyField()
    flags = serializers.ListField(child=serializers.CharField(), read_only=True)
    checks = CheckSerializer(many=True, read_only=True)

    class Meta:
        model = Settlement
        fields = (
            "id", "account", "external_id", "channel", "chain", "kind", "currency", "period_start", "period_end",
            "deposit_on", "total", "residual", "residual_reason", "state", "source", "page_id", "line_count", "flags",
            "checks", "payout_state", "payout_reason", "payout_currency", "payout_rate",
            "payout_fee", "approved_by", "approved_at", "imported_at", "checked_at",
        )  # fmt: skip


class SettlementLineSerializer(serializers.ModelSerializer):
    account = Named("key")
    amount = MoneyField()

    class Meta:
        model = SettlementLine
        fields = (
            "id", "settlement", "account", "row_no", "line_class", "home", "scope", "label_type", "label_group",
            "label_text", "amount", "posted_at", "order_ref", "line_ref", "shipment_ref", "reference", "remote_id",
            "product_ids", "quantity", "channel", "is_reversal",
        )  # fmt: skip


class MatchSerializer(serializers.ModelSerializer):
    amount = MoneyField(currency="settlement_line.currency")

    class Meta:
        model = Match
        fields = ("settlement_line", "part", "order_line", "layer", "reason", "amount")


class DiscrepancySerializer(serializers.ModelSerializer):
    """`amount`: plus is what we are owed; null where it cannot be told, the evidence says why."""

    account = Named("key")
    amount = MoneyField()

    class Meta:
        model = Discrepancy
        fields = (
            "id", "account", "kind", "key", "settlement", "settlement_line", "order_line", "order_ref", "amount",
            "severity", "state", "evidence", "first_seen_at", "last_seen_at", "closed_at", "closed_by",
            "closed_reason",
        )  # fmt: skip


class DepositSerializer(serializers.ModelSerializer):
    account = Named("key")
    amount = MoneyField()

    class Meta:
        model = Deposit
        fields = ("id", "account", "amount", "booked_on", "reference", "settlement", "imported_at")


class FeeQuoteSerializer(serializers.ModelSerializer):
    """The fee that the marketplace estimates for one piece at `price`; `total` is negative."""

    account = Named("key")
    price, total = MoneyField(), MoneyField()

    class Meta:
        model = FeeQuote
        fields = (
            "id", "account", "channel", "external_id", "remote_id", "price", "total", "parts", "includes_vat",
            "quoted_at",
        )  # fmt: skip


class StatementFile(serializers.Serializer):
    account = Named("key", queryset=accounts())
    file = serializers.FileField(max_length=200)


class DepositFile(serializers.Serializer):
    file = serializers.FileField(max_length=200)


class DepositsImported(serializers.Serializer):
    """New bookings, known ones, the statements that they pay, and lines that could not be read."""

    new = serializers.IntegerField()
    known = serializers.IntegerField()
    settlement_ids = serializers.ListField(child=serializers.IntegerField())
    refused = serializers.ListField(child=serializers.CharField())


class Reconciled(serializers.Serializer):
    statements = serializers.IntegerField()
    discrepancies_changed = serializers.IntegerField()
    order_lines = serializers.IntegerField()


class Note(serializers.Serializer):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


PAYOUTS = {"sent": payouts.sent, "received": payouts.received, "returned": payouts.returned, "failed": payouts.failed}


class Payout(serializers.Serializer):
    state = serializers.ChoiceField(choices=sorted(PAYOUTS))
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class Exchange(serializers.Serializer):
    """`rate`: units of `currency` per unit of the statement's; null where the bank receives the statement's own."""

    currency = serializers.CharField(max_length=3, allow_blank=True, default="")
    rate = serializers.DecimalField(max_digits=24, decimal_places=12, allow_null=True)
    fee = serializers.DecimalField(max_digits=19, decimal_places=4, allow_null=True, default=None)


class SettlementViews(Rows):
    queryset = selectors.statements().prefetch_related("checks__settlement")
    serializer_class = SettlementSerializer
    filterset_class = filters.SettlementFilter

    @write(Action.RECONCILE, gives=SettlementSerializer)
    def reconcile(self, request: Request, pk: str) -> Response:
        """Match and tie out this statement again, and look for differences."""
        settlement: Settlement = self.get_object()
        reconcile.reconcile([settlement.pk])
        discrepancies.refresh([settlement.pk])
        return self.answer(settlement)

    @write(Action.APPROVE_MONEY, takes=Note, gives=SettlementSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Approve a statement whose residual is 0.00 and whose identities hold or are excused."""
        return self.answer(approvals.approve(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.APPROVE_MONEY, takes=Reason, gives=SettlementSerializer)
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take an approval back; a locked statement stays."""
        return self.answer(approvals.withdraw(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.RECONCILE, takes=Payout, gives=SettlementSerializer)
    def payout(self, request: Request, pk: str) -> Response:
        """Say where the payout is; one that came back opens the statement again."""
        given = self.given(request)
        return self.answer(PAYOUTS[given.pop("state")](self.get_object(), **given))

    @write(Action.RECONCILE, takes=Exchange, gives=SettlementSerializer)
    def exchange(self, request: Request, pk: str) -> Response:
        """Say at which rate the payout becomes another currency, and what the bank keeps; it is tied out again."""
        return self.answer(payouts.exchange(self.get_object(), **self.given(request)))

    @write(Action.RECONCILE, gives=Reconciled, detail=False)
    def reconcile_open(self, request: Request) -> Response:
        """Reconcile every statement that is new, changed, or waited for an order."""
        return Response(reconcile.reconcile_open())

    @write(
        Action.IMPORT_STATEMENTS,
        takes=StatementFile,
        gives=RunSerializer,
        detail=False,
        parser_classes=[MultiPartParser],
    )
    def import_(self, request: Request) -> Response:
        """A statement by file, as if it had been downloaded; the same file again changes nothing."""
        given = self.given(request)
        with tempfile.TemporaryDirectory(prefix="ninefold-upload-") as folder:
            file = Path(folder, Path(given["file"].name).name)
            with file.open("wb") as target:
                target.writelines(given["file"].chunks())
            return Response(RunSerializer(statements.import_file(given["account"], file)).data)


class SettlementLineViews(Rows):
    queryset = SettlementLine.objects.select_related("account")
    serializer_class = SettlementLineSerializer
    filterset_class = filters.SettlementLineFilter


class MatchViews(Lists):
    queryset = Match.objects.select_related("settlement_line")
    serializer_class = MatchSerializer
    filterset_fields = ("settlement_line", "settlement_line__settlement", "order_line", "layer", "reason")
    ordering = ("settlement_line_id", "part")


class DiscrepancyViews(Rows):
    queryset = Discrepancy.objects.select_related("account")
    serializer_class = DiscrepancySerializer
    filterset_class = filters.DiscrepancyFilter

    @write(Action.RECONCILE, takes=Reason, gives=DiscrepancySerializer)
    def accept(self, request: Request, pk: str) -> Response:
        """Live with the difference for as long as its amount stays the same."""
        return self.answer(differences.accept(self.get_object(), by=actor(request), **self.given(request)))

    @write(Action.RECONCILE, takes=Reason, gives=DiscrepancySerializer)
    def resolve(self, request: Request, pk: str) -> Response:
        """Say that it is settled; it opens again when it is still found."""
        return self.answer(differences.resolve(self.get_object(), by=actor(request), **self.given(request)))


class DepositViews(Rows):
    queryset = Deposit.objects.select_related("account")
    serializer_class = DepositSerializer
    filterset_class = filters.DepositFilter

    @write(
        Action.IMPORT_STATEMENTS, takes=DepositFile, gives=DepositsImported, detail=False,
        parser_classes=[MultiPartParser],
    )  # fmt: skip
    def import_(self, request: Request) -> Response:
        """Bank bookings from CSV: account, booked_on, amount, currency, reference."""
        return Response(DepositsImported(deposits.import_deposits(self.given(request)["file"].file)).data)


class FeeQuoteViews(Rows):
    queryset = FeeQuote.objects.select_related("account")
    serializer_class = FeeQuoteSerializer
    filterset_fields = ("account__key", "channel", "remote_id")


VIEWS: dict[str, Any] = {
    "settlements": SettlementViews,
    "settlement-lines": SettlementLineViews,
    "matches": MatchViews,
    "discrepancies": DiscrepancyViews,
    "deposits": DepositViews,
    "fee-quotes": FeeQuoteViews,
}
