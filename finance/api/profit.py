"""Profit: lines, days, margins of groups in one currency, and the steps of one SKU."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import clock
from config.core.api import Lists, MoneyField, Named, Question, reporting_currency
from config.core.permissions import Action
from finance.filters.profit import LineProfitFilter, ProfitDayFilter
from finance.models import LineProfit, ProfitDay
from finance.profitability import STEPS
from finance.selectors import profit
from finance.selectors.profit import Margin
from finance.selectors.profit_groups import COVERED, GROUPS, MARGINS, ONLY, Asked

PERIOD = timedelta(days=29)
FRACTION = Decimal("0.0001")


class _Amounts(serializers.ModelSerializer):
    """Every step and margin as money, null where it is not known."""

    account = Named("key")
    sku = Named("code")

    def get_fields(self) -> dict[str, Any]:
        money = {name: MoneyField() for name in (*STEPS, *MARGINS, *COVERED) if name in self.Meta.fields}
        return {**super().get_fields(), **money}


class LineProfitSerializer(_Amounts):
    """What one order line earned; `missing` says why a margin is null, `cost` which cost applied, at which rate."""

    order = serializers.CharField(source="order_line.order_ref", read_only=True)
    line = serializers.CharField(source="order_line.external_id", read_only=True)
    cost_rate = serializers.DecimalField(max_digits=24, decimal_places=12, read_only=True)

    class Meta:
        model = LineProfit
        fields = (
            "order_line", "account", "channel", "order", "line", "sku", "day", "currency", "units", "units_returned",
            *STEPS, *MARGINS, "cost", "cost_rate", "cost_rate_on", "cost_rate_source", "vat_source", "is_settled",
            "missing",
        )  # fmt: skip


class ProfitDaySerializer(_Amounts):
    """Sums of one day, store, SKU and currency; the revenues say for how much of net revenue something is known."""

    class Meta:
        model = ProfitDay
        fields = (
            "id", "account", "channel", "day", "sku", "currency", "is_account_level", "lines", "units",
            "units_returned", *STEPS, *MARGINS, *COVERED,
        )  # fmt: skip


class LineProfitViews(Lists):
    queryset = profit.lines()
    serializer_class = LineProfitSerializer
    filterset_class = LineProfitFilter
    needs = Action.VIEW_MONEY
    ordering = ("-day", "-order_line_id")


class ProfitDayViews(Lists):
    queryset = profit.days()
    serializer_class = ProfitDaySerializer
    filterset_class = ProfitDayFilter
    needs = Action.VIEW_MONEY
    ordering = ("-day", "-id")


class _Span(serializers.Serializer):
    """Days, both included (the last thirty unless said), and the currency of the answer (the client's unless said)."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    marketplace = serializers.CharField(required=False)
    store = serializers.CharField(required=False, help_text="account key/channel")
    brand = serializers.CharField(required=False)
    sku = serializers.CharField(required=False)
    listing = serializers.CharField(required=False, help_text="account key/channel/its id there")


class MarginsAsked(_Span):
    by = serializers.ChoiceField(choices=sorted(GROUPS), default="marketplace")


class MarginSerializer(serializers.Serializer):
    """One group. Percents are fractions of the revenue where the margin is known; coverage is of net revenue.

    `lacks`: currencies that had no rate on some day, and are left out of every sum.
    """

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    is_account_level = serializers.BooleanField()
    lines = serializers.IntegerField()
    units = serializers.IntegerField()
    units_returned = serializers.IntegerField()
    lacks = serializers.ListField(child=serializers.CharField())
    sums = serializers.DictField(child=serializers.CharField(allow_null=True))
    percent = serializers.DictField(child=serializers.CharField(allow_null=True))
    coverage = serializers.DictField(child=serializers.CharField(allow_null=True))


class MarginsSerializer(serializers.Serializer):
    """Groups, the whole, and the rounding that lies between the rounded groups and the rounded whole."""

    since = serializers.DateField()
    until = serializers.DateField()
    currency = serializers.CharField()
    as_of = serializers.DateTimeField()
    rows = MarginSerializer(many=True)
    whole = MarginSerializer(allow_null=True)
    rounding = serializers.DictField(child=serializers.CharField())


class MarginsView(Question):
    """Margins by marketplace, store, brand, SKU, listing, day or month, in any reporting currency by the rates of each day."""

    needs = Action.VIEW_MONEY
    asks = MarginsAsked
    gives = MarginsSerializer
    gives_one = True

    def get(self, request: Request) -> Response:
        given = self.given(request)
        asked = _asked(given)
        found = profit.margins(given["by"], asked)
        answer = {
            "since": asked.since, "until": asked.until, "currency": asked.to, "as_of": clock.now(),
            "rows": [_margin(row) for row in found.rows], "whole": _margin(found.whole) if found.whole else None,
            "rounding": {name: str(money.amount) for name, money in found.rounding.items()},
        }  # fmt: skip
        return Response(MarginsSerializer(answer).data)


class StepSerializer(serializers.Serializer):
    """One step, `rounding` among them; `total` is what has come together after it: the amounts sum exactly to it."""

    name = serializers.CharField()
    amount = serializers.CharField(source="amount.amount")
    total = serializers.CharField(source="total.amount")
    is_margin = serializers.BooleanField()


class WaterfallSerializer(serializers.Serializer):
    """The steps of the lines whose every step is known; `left_out` counts the others, `reasons` says why."""

    currency = serializers.CharField()
    lines = serializers.IntegerField()
    units = serializers.IntegerField()
    steps = StepSerializer(many=True)
    left_out = serializers.IntegerField()
    revenue_left_out = serializers.CharField(allow_null=True)
    reasons = serializers.DictField(child=serializers.IntegerField())


class WaterfallView(Question):
    """From gross to CM3 over the lines asked for; the steps sum exactly."""

    needs = Action.VIEW_MONEY
    asks = _Span
    gives = WaterfallSerializer
    gives_one = True

    def get(self, request: Request) -> Response:
        asked = _asked(self.given(request))
        found = profit.waterfall(asked)
        left = found.revenue_left_out
        answer = {
            "currency": asked.to, "lines": found.lines, "units": found.units, "steps": found.steps,
            "left_out": found.left_out, "revenue_left_out": None if left is None else str(left.amount),
            "reasons": found.reasons,
        }  # fmt: skip
        return Response(WaterfallSerializer(answer).data)


def _asked(given: dict[str, Any]) -> Asked:
    until = given.get("until") or clock.now().date()
    only: dict[str, str] = {str(name): given[name] for name in ONLY if name in given}
    return Asked(given.get("since") or until - PERIOD, until, given.get("currency") or reporting_currency(None), only)


def _margin(row: Margin) -> dict[str, Any]:
    money = {name: row.money(name) for name in (*STEPS, *MARGINS)}
    return {
        "key": row.key, "label": row.label, "is_account_level": row.is_account_level, "lines": row.lines,
        "units": row.units, "units_returned": row.units_returned, "lacks": row.lacks,
        "sums": {name: None if found is None else str(found.amount) for name, found in money.items()},
        "percent": {name: _fraction(row.percent(name)) for name in ("cm1", "cm2", "cm3")},
        "coverage": {name: _fraction(row.coverage(name)) for name in ("costed", "charged", "known", "settled", "mapped")},
    }  # fmt: skip


def _fraction(value: Decimal | None) -> str | None:
    return None if value is None else str(value.quantize(FRACTION))


VIEWS: dict[str, Any] = {"profit-lines": LineProfitViews, "profit-days": ProfitDayViews}
QUESTIONS: dict[str, Any] = {"margins": MarginsView, "margins/waterfall": WaterfallView}
