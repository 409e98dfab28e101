"""Bank files over the API: every booking, and the rows that could not be read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Rows, actor, write
from config.core.permissions import Action
from finance.models import BankBooking, BankLayout, BankRejected
from finance.services.bank import files


class BankBookingSerializer(serializers.ModelSerializer):
    """One booking of a bank account, plus is money in; `deposit` is null where its marketplace account is not known."""

    bank_account = serializers.CharField(source="bank_account.iban", read_only=True)
    amount, fee = MoneyField(), MoneyField()

    class Meta:
        model = BankBooking
        fields = ("id", "bank_account", "file", "row_no", "booked_on", "amount", "fee", "reference", "bank_ref",
                  "is_return", "deposit")  # fmt: skip


class BankRejectedSerializer(serializers.ModelSerializer):
    """A row that could not be read, as it came."""

    class Meta:
        model = BankRejected
        fields = ("id", "file", "row_no", "reason", "raw", "state", "closed_by")


class BankFileGiven(serializers.Serializer):
    """CAMT.053, or with `layout` (its name) the CSV of a bank."""

    file = serializers.FileField(max_length=200)
    layout = serializers.SlugRelatedField("name", queryset=BankLayout.objects.all(), required=False)


class BankTold(serializers.Serializer):
    """What a bank file brought; `is_balanced` null where the file tells no balances."""

    new = serializers.IntegerField()
    known = serializers.IntegerField()
    deposits = serializers.IntegerField()
    returned = serializers.IntegerField()
    settlement_ids = serializers.ListField(child=serializers.IntegerField())
    rejected = serializers.ListField(child=serializers.CharField())
    is_balanced = serializers.BooleanField(source="file.is_balanced", allow_null=True)


class Corrected(serializers.Serializer):
    """The row as a person read it."""

    iban = serializers.CharField(max_length=40)
    booked_on = serializers.DateField()
    amount = serializers.DecimalField(max_digits=19, decimal_places=4)
    currency = serializers.CharField(max_length=3)
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True)


class BankBookingViews(Rows):
    queryset = BankBooking.objects.select_related("bank_account")
    serializer_class = BankBookingSerializer
    filterset_fields = ("bank_account__iban", "file", "booked_on", "currency", "is_return", "deposit")
    needs = Action.VIEW_MONEY

    @write(
        Action.IMPORT_STATEMENTS, takes=BankFileGiven, gives=BankTold, detail=False, parser_classes=[MultiPartParser]
    )  # fmt: skip
    def import_(self, request: Request) -> Response:
        """Read a bank file; the same booking again adds nothing."""
        given = self.given(request)
        done = files.import_file(
            given["file"].file, name=given["file"].name, by=actor(request), layout=given.get("layout")
        )  # fmt: skip
        return Response(BankTold(done).data)


class BankRejectedViews(Rows):
    queryset = BankRejected.objects.all()
    serializer_class = BankRejectedSerializer
    filterset_fields = ("file", "state")
    needs = Action.VIEW_MONEY

    @write(Action.IMPORT_STATEMENTS, takes=Corrected, gives=BankRejectedSerializer)
    def replay(self, request: Request, pk: str) -> Response:
        """Read a parked row again with these values."""
        row = self.get_object()
        files.replay(row, {name: str(value) for name, value in self.given(request).items()}, by=actor(request))
        return self.answer(row)

    @write(Action.IMPORT_STATEMENTS, gives=BankRejectedSerializer)
    def dismiss(self, request: Request, pk: str) -> Response:
        """Say that a parked row is of no interest."""
        row = self.get_object()
        files.dismiss(row, by=actor(request))
        return self.answer(row)


VIEWS: dict[str, Any] = {"bank-bookings": BankBookingViews, "bank-rejected-rows": BankRejectedViews}
