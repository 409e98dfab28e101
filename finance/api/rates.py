"""Exchange rates: the facts, and one amount converted as any figure of the product is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import clock
from config.core.api import Lists, MoneyField, Question, reporting_currency
from config.core.money import Money
from config.core.permissions import Action
from finance.filters.rates import RateFilter
from finance.fx import convert
from finance.fx.models import Rate
from finance.selectors import rates

RATE_DIGITS = Decimal("1e-10")


class RateSerializer(serializers.ModelSerializer):
    """`per_eur`: units for one EUR on a bank day. `is_superseded`: a later fact of the same day holds instead."""

    per_eur = serializers.DecimalField(max_digits=18, decimal_places=8, read_only=True)
    is_superseded = serializers.BooleanField(read_only=True)

    class Meta:
        model = Rate
        fields = ("id", "day", "currency", "per_eur", "source", "known_at", "is_superseded")


class RateViews(Lists):
    queryset = rates.rates()
    serializer_class = RateSerializer
    filterset_class = RateFilter
    needs = Action.VIEW_MONEY
    ordering = ("-day", "currency", "-known_at")


class ConvertAsked(serializers.Serializer):
    """An amount, from one currency to another, on a day (today unless said); with `known_at`, as it was known then."""

    def get_fields(self) -> dict[str, Any]:
        code = r"^[A-Z]{3}$"
        return {
            "amount": serializers.DecimalField(max_digits=19, decimal_places=4),
            "from": serializers.RegexField(code),
            "to": serializers.RegexField(code),
            "on": serializers.DateField(required=False),
            "known_at": serializers.DateTimeField(required=False),
        }


class ConvertedSerializer(serializers.Serializer):
    """`converted` is rounded half-up to the minor unit; all is null, with `missing` saying why, without a rate."""

    converted = MoneyField(currency="currency")
    rate = serializers.DecimalField(max_digits=None, decimal_places=10, allow_null=True)
    day = serializers.DateField(allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    missing = serializers.CharField(allow_null=True)


class ConvertView(Question):
    """One amount by the reference rates: the latest bank day up to seven days before the day asked for."""

    needs = Action.VIEW_MONEY
    asks = ConvertAsked
    gives = ConvertedSerializer
    gives_one = True

    def get(self, request: Request) -> Response:
        given = self.given(request)
        on = given.get("on") or clock.now().date()
        held = convert.load([given["from"], given["to"]], since=on, until=on, known_at=given.get("known_at"))
        answer = _answer(held, Money(given["amount"], given["from"]), given["to"], on)
        return Response(answer)


def _answer(held: convert.Rates, money: Money, to: str, on: Any) -> dict[str, Any]:
    try:
        found = held.convert(money, to, on=on)
    except convert.MissingRate as error:
        return {"converted": None, "rate": None, "day": None, "source": None, "missing": str(error)}
    rounded = found.money.rounded()
    return {
        "converted": {"amount": str(rounded.amount), "currency": to},
        "rate": str(found.rate.quantize(RATE_DIGITS)), "day": found.day, "source": found.source, "missing": None,
    }  # fmt: skip


class MissingSerializer(serializers.Serializer):
    """Days on which sales or statements in a currency cannot be shown in the reporting currency."""

    currency = serializers.CharField()
    needed_by = serializers.ChoiceField(choices=["sales", "statements"])
    first = serializers.DateField()
    last = serializers.DateField()
    days = serializers.IntegerField()
    amount = MoneyField()


class MissingView(Question):
    """Rates that the last 400 days need and nobody told."""

    needs = Action.VIEW_MONEY
    gives = MissingSerializer

    def get(self, request: Request) -> Response:
        return Response(MissingSerializer(rates.missing(to=reporting_currency(None)), many=True).data)


VIEWS: dict[str, Any] = {"rates": RateViews}
QUESTIONS: dict[str, Any] = {"rates/convert": ConvertView, "rates/missing": MissingView}
