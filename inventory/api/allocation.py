"""How much of our stock is offered where: rules, feeds, and offers that change their warehouse."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.selectors import listings, skus
from config.core.api import Named, Rows, actor, write
from config.core.permissions import Action
from inventory import ledger_filters as filters
from inventory import selectors
from inventory.models import (
    AllocationRule,
    Feed,
    FulfilmentSwitch,
)
from inventory.offering import RuleKind
from inventory.services import allocation, switches
from inventory.services.stock import LARGEST
from marketplaces.selectors import accounts


class AllocationRuleSerializer(serializers.ModelSerializer):
    """Null and blank stand for all; the most specific rule of a kind counts."""

    account, sku = Named("key", or_null=True), Named("code", or_null=True)

    class Meta:
        model = AllocationRule
        fields = ("id", "kind", "value", "account", "channel", "sku", "listing", "note", "set_by", "set_at")


class LimitWanted(serializers.Serializer):
    kind = serializers.ChoiceField([kind.value for kind in RuleKind])
    value = serializers.IntegerField(min_value=0, max_value=LARGEST)
    account = Named("key", queryset=accounts(), required=False, or_null=True)
    channel = serializers.CharField(max_length=20, allow_blank=True, default="")
    sku = Named("code", queryset=skus(), required=False, or_null=True)
    listing = serializers.PrimaryKeyRelatedField(queryset=listings(), required=False, allow_null=True)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class FeedSerializer(serializers.ModelSerializer):
    account, warehouse = Named("key"), Named("code")

    class Meta:
        model = Feed
        fields = ("id", "account", "warehouse", "priority", "starts_at", "is_publishing")


class FeedWanted(serializers.Serializer):
    account = Named("key", queryset=accounts())
    warehouse = Named("code", queryset=selectors.warehouses())
    priority = serializers.IntegerField(min_value=1, max_value=99, default=1)
    is_publishing = serializers.BooleanField(default=False)


class SwitchSerializer(serializers.ModelSerializer):
    class Meta:
        model = FulfilmentSwitch
        fields = ("id", "listing", "state", "asked_by", "asked_at", "zero_confirmed_at", "ended_at")


class SwitchWanted(serializers.Serializer):
    listing = serializers.PrimaryKeyRelatedField(queryset=listings())


class RuleViews(Rows):
    queryset = selectors.allocation_rules()
    serializer_class = AllocationRuleSerializer
    filterset_class = filters.RuleFilter

    @write(Action.MANAGE_STOCK, takes=LimitWanted, gives=AllocationRuleSerializer, detail=False)
    def set_(self, request: Request) -> Response:
        """Set one rule for a place; the one that stood there is replaced."""
        asked = self.given(request)
        kind = RuleKind(asked.pop("kind"))
        return self.answer(allocation.limit(kind, asked.pop("value"), by=actor(request), **asked))

    @write(Action.MANAGE_STOCK)
    def lift(self, request: Request, pk: str) -> Response:
        """Take a rule away."""
        allocation.lift(self.get_object())
        return Response(status=204)


class FeedViews(Rows):
    queryset = selectors.feeds()
    serializer_class = FeedSerializer
    filterset_fields = ("account__key", "warehouse__code", "is_publishing")

    @write(Action.MANAGE_STOCK, takes=FeedWanted, gives=FeedSerializer, detail=False)
    def set_(self, request: Request) -> Response:
        """Sell from a warehouse in an account, and say whether its quantities are written there."""
        return self.answer(allocation.feed(**self.given(request)))


class SwitchViews(Rows):
    queryset = selectors.switches()
    serializer_class = SwitchSerializer
    filterset_fields = ("state", "listing")

    @write(Action.MANAGE_STOCK, takes=SwitchWanted, gives=SwitchSerializer, detail=False)
    def begin(self, request: Request) -> Response:
        """Have an offer shipped by the marketplace: our quantity goes to zero, is read back, then it may be switched on."""
        return self.answer(switches.begin(self.given(request)["listing"], by=actor(request)))

    @write(Action.MANAGE_STOCK, gives=SwitchSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """Go on shipping it ourselves."""
        row = self.get_object()
        switches.cancel(row)
        return self.answer(row)


VIEWS: dict[str, Any] = {
    "allocation-rules": RuleViews,
    "stock-feeds": FeedViews,
    "fulfilment-switches": SwitchViews,
}
