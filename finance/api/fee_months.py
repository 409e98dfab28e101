"""What charges tell of fees, and what accounts are charged by the month."""

from __future__ import annotations

from datetime import date
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question
from config.core.permissions import Action
from finance.selectors import fee_habits as learned
from finance.selectors import fee_months as selectors
from marketplaces.selectors import accounts


class HabitAsked(serializers.Serializer):
    account = Named("key", queryset=accounts())


class HabitSerializer(serializers.Serializer):
    """Of `charges`, how many the schedule's way gives to the cent (`current_exact`) and how many the best way does.

    `telling`: how many tell the ways apart. A rate null: no VAT comes on top. Nothing is applied before `adopt`.
    """

    line_class = serializers.CharField()
    charges, telling, current_exact, best_exact = (serializers.IntegerField() for _ in range(4))
    current_rounding = serializers.CharField(source="current.rounding")
    current_vat_rate = serializers.DecimalField(6, 4, source="current.vat_rate", allow_null=True)
    best_rounding = serializers.CharField(source="best.rounding")
    best_vat_rate = serializers.DecimalField(6, 4, source="best.vat_rate", allow_null=True)
    is_proposed = serializers.BooleanField()


class HabitView(Question):
    """Which rounding and which VAT explain the latest charges of an account, per class of fee."""

    needs = Action.VIEW_MONEY
    asks = HabitAsked
    gives = HabitSerializer

    def get(self, request: Request) -> Response:
        found = learned.habits(**self.given(request))
        return Response(HabitSerializer(found, many=True).data)


class MonthAsked(serializers.Serializer):
    """A day of the month."""

    month = serializers.DateField()


class MonthlySerializer(serializers.Serializer):
    """Plan and storage of an account's month, negative; `expected` null with `why`, `charged` null where nothing was."""

    account = serializers.CharField(source="account.key")
    line_class, why = serializers.CharField(), serializers.CharField()
    expected, charged = MoneyField(), MoneyField()


class MonthlyView(Question):
    """What every account is charged for a month as a whole, by its schedule and on its statements."""

    needs = Action.VIEW_MONEY
    asks = MonthAsked
    gives = MonthlySerializer

    def get(self, request: Request) -> Response:
        return Response(MonthlySerializer(_month(**self.given(request)).sums, many=True).data)


class StoredSerializer(serializers.Serializer):
    """One product in one place; `units` on average. Amounts negative; `expected` null with `why`, `charged` null where
    statements do not name the product."""

    account = serializers.CharField(source="account.key")
    sku, place, why = serializers.CharField(), serializers.CharField(), serializers.CharField()
    units = serializers.DecimalField(14, 2, allow_null=True)
    expected, charged = MoneyField(), MoneyField()


class StoredView(Question):
    """What storing every product should have cost in a month."""

    needs = Action.VIEW_MONEY
    asks = MonthAsked
    gives = StoredSerializer

    def get(self, request: Request) -> Response:
        return Response(StoredSerializer(_month(**self.given(request)).stored, many=True).data)


def _month(month: date) -> selectors.Month:
    (found,) = selectors.months(accounts=accounts(), firsts=[month.replace(day=1)])
    return found


QUESTIONS: dict[str, Any] = {"fee-habits": HabitView, "fees-monthly": MonthlyView, "fees-stored": StoredView}
VIEWS: dict[str, Any] = {}
