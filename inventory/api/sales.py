"""The sales roll-ups, as rows and as a question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import MoneyField, Named, Question, Rows, exact
from inventory import sales
from inventory.models import SalesDay, SkuDay

LONGEST = timedelta(days=800)


class SalesDaySerializer(serializers.ModelSerializer):
    account = Named("key")
    revenue = MoneyField()

    class Meta:
        model = SalesDay
        fields = ("id", "account", "channel", "day", "orders", "cancelled", "units", "revenue", "unpriced")


class SkuDaySerializer(serializers.ModelSerializer):
    account, sku = Named("key"), Named("code", or_null=True)
    revenue = MoneyField()

    class Meta:
        model = SkuDay
        fields = ("id", "account", "channel", "day", "sku", "fulfilment", "units", "revenue")


class SalesDayViews(Rows):
    queryset = SalesDay.objects.select_related("account")
    serializer_class = SalesDaySerializer
    filterset_fields = {"account__key": ["exact"], "channel": ["exact"], "currency": ["exact"], "day": ["gte", "lte"]}


class SkuDayViews(Rows):
    queryset = SkuDay.objects.select_related("account", "sku")
    serializer_class = SkuDaySerializer
    filterset_fields = {"account__key": ["exact"], "channel": ["exact"], "sku__code": ["exact"], "day": ["gte", "lte"]}


class SalesAsked(serializers.Serializer):
    """Days of the stores' own zones, both included."""

    by = serializers.ChoiceField(choices=["marketplace", "account", "channel"], default="marketplace")
    since = serializers.DateField()
    until = serializers.DateField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) <= attrs["until"] - attrs["since"] <= LONGEST:
            raise serializers.ValidationError({"until": f"up to {LONGEST.days} days after `since`"})
        return attrs


class CellSerializer(serializers.Serializer):
    """Sales in one currency; orders whose price is not known yet count in `unpriced`."""

    orders = serializers.IntegerField()
    units = serializers.IntegerField()
    revenue = MoneyField()
    unpriced = serializers.IntegerField()


class GroupSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    cells = CellSerializer(many=True)
    days = serializers.SerializerMethodField()

    def get_days(self, group: sales.Group) -> list[dict[str, str]]:
        """Revenue per day and currency."""
        found = sorted(group.days.items())
        return [
            {"day": day.isoformat(), "amount": exact(amount, currency), "currency": currency}
            for (day, currency), amount in found
        ]


class SalesView(Question):
    """Sales per marketplace, account or store between two days, from the roll-up; currencies are never added up."""

    asks = SalesAsked
    gives = GroupSerializer

    def get(self, request: Request) -> Response:
        asked = SalesAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        return Response(GroupSerializer(sales.sales_by(given.pop("by"), **given), many=True).data)


VIEWS = {"sales-days": SalesDayViews, "sku-days": SkuDayViews}
