"""What waits for a person of finance, how far settled is from expected, and what marketplaces hold back."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question
from config.core.permissions import Action
from finance.selectors import reserves, variance, worklist
from marketplaces.selectors import accounts


class SumSerializer(serializers.Serializer):
    amount = MoneyField()


class WorkSerializer(serializers.Serializer):
    """One kind of work: `sums` of sizes per currency, `unknown` rows whose amount cannot be told."""

    key, title, why = serializers.CharField(), serializers.CharField(), serializers.CharField()
    count, unknown = serializers.IntegerField(), serializers.IntegerField()
    sums = SumSerializer(many=True)


class WorkView(Question):
    """What waits, kind by kind; the rows are in the list of each kind."""

    needs = Action.VIEW_MONEY
    gives = WorkSerializer

    def get(self, request: Request) -> Response:
        rows = []
        for key, work in worklist.WORK.items():
            waits = worklist.waiting(work.rows(), work.amount)
            rows.append({
                "key": key, "title": work.title, "why": work.why, "count": waits.count, "unknown": waits.unknown,
                "sums": waits.sums,
            })  # fmt: skip
        return Response(WorkSerializer(rows, many=True).data)


class VarianceSerializer(serializers.Serializer):
    """F-20 of one account and currency: `share` is size over expected; band stable, watch or risk."""

    account, currency = serializers.CharField(), serializers.CharField()
    size, signed, expected = MoneyField(), MoneyField(), MoneyField()
    residual = MoneyField()
    share = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    band = serializers.CharField(allow_null=True)
    outside, lines = serializers.IntegerField(), serializers.IntegerField()
    oldest_open_on = serializers.DateField(allow_null=True)


class VarianceView(Question):
    """How far settled money is from expected money, per account and currency, over orders of the last 90 days."""

    needs = Action.VIEW_MONEY
    gives = VarianceSerializer

    def get(self, request: Request) -> Response:
        return Response(VarianceSerializer(variance.variances(), many=True).data)


class ReserveAsked(serializers.Serializer):
    account = Named("key", queryset=accounts(), required=False)


class ReserveSerializer(serializers.Serializer):
    """One statement of a series that holds reserves: opening less released plus held back is what should be held."""

    account, statement, chain = serializers.CharField(), serializers.CharField(), serializers.CharField()
    settlement = serializers.IntegerField(source="pk")
    since, until = serializers.DateTimeField(), serializers.DateTimeField()
    opening, released, held = MoneyField(), MoneyField(), MoneyField()
    closing, differs_by = MoneyField(), MoneyField()
    causes = serializers.CharField()


class ReserveView(Question):
    """What marketplaces hold back, rolled forward from statement to statement; of one account or of all."""

    needs = Action.VIEW_MONEY
    asks = ReserveAsked
    gives = ReserveSerializer

    def get(self, request: Request) -> Response:
        chosen = self.given(request).get("account")
        found = reserves.roll_forward(account=chosen.pk if chosen else None)
        return Response(ReserveSerializer(found, many=True).data)


VIEWS: dict[str, Any] = {}
QUESTIONS: dict[str, Any] = {
    "reconciliation-work": WorkView,
    "reconciliation-variance": VarianceView,
    "reserves": ReserveView,
}
