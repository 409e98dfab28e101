"""A month's margins as they were known at a moment, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question
from config.core.permissions import Action
from finance.closing import month_of
from finance.selectors import known_then
from marketplaces.selectors import accounts


class KnownAsked(serializers.Serializer):
    """An account by its key, any day of the month, and the moment."""

    account = Named("key", queryset=accounts())
    month = serializers.DateField()
    known_at = serializers.DateTimeField()


class Pair(serializers.Serializer):
    """What was known then and what is known now; null where it is not known."""

    then = serializers.DecimalField(max_digits=19, decimal_places=4, allow_null=True)
    now = serializers.DecimalField(max_digits=19, decimal_places=4, allow_null=True)


class KnownSerializer(serializers.Serializer):
    """One currency; goods are negative, `recorded` is what the margins stand on, the others count lines without a cost."""

    currency = serializers.CharField()
    lines, changed = serializers.IntegerField(), serializers.IntegerField()
    net_revenue, recorded = MoneyField(), MoneyField()
    goods, cm1, cm2, cm3 = Pair(), Pair(), Pair(), Pair()
    unknown_then, unknown_now = serializers.IntegerField(), serializers.IntegerField()


class KnownView(Question):
    """The margins of a month with the costs and exchange rates known at a moment, beside those known now."""

    needs = Action.VIEW_MONEY
    asks = KnownAsked
    gives = KnownSerializer

    def get(self, request: Request) -> Response:
        given = self.given(request)
        found = known_then.sums(
            account=given["account"].pk, month=month_of(given["month"]), known_at=given["known_at"]
        )  # fmt: skip
        return Response(KnownSerializer(found, many=True).data)


VIEWS: dict[str, Any] = {}
QUESTIONS: dict[str, Any] = {"margins/known-then": KnownView}
