"""Our own goods over the API: levels, moves, reservations, shortages, rules, feeds and counts; partners write here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.selectors import codes, listings, skus
from config.core.api import Named, Reason, Rows, actor, write
from config.core.permissions import Action
from inventory import ledger_filters as filters
from inventory import selectors
from inventory.models import (
    AllocationRule,
    CountLine,
    Feed,
    FulfilmentSwitch,
    Holding,
    MoveKind,
    Reservation,
    Shortage,
    StockCount,
    StockMove,
)
from inventory.offering import RuleKind
from inventory.services import allocation, counts, stock, switches
from inventory.services.stock import LARGEST, Move
from marketplaces.selectors import accounts

MOST_MOVES = 1_000


class HoldingSerializer(serializers.ModelSerializer):
    """Units on our own shelves; `available` is `on_hand` less `reserved`."""

    warehouse, sku = Named("code"), Named("code")

    class Meta:
        model = Holding
        fields = ("id", "warehouse", "sku", "on_hand", "reserved", "available")


class StockMoveSerializer(serializers.ModelSerializer):
    warehouse, sku, account = Named("code"), Named("code"), Named("key", or_null=True)

    class Meta:
        model = StockMove
        fields = (
            "id", "warehouse", "sku", "kind", "quantity", "reason", "note", "account", "reference", "key",
            "happened_at", "recorded_at", "recorded_by",
        )  # fmt: skip


class ReservationSerializer(serializers.ModelSerializer):
    warehouse, sku = Named("code"), Named("code")
    account = serializers.CharField(source="order_line.account.key", read_only=True)
    order_ref = serializers.CharField(source="order_line.order_ref", read_only=True)

    class Meta:
        model = Reservation
        fields = (
            "id", "account", "order_ref", "order_line", "warehouse", "sku", "held", "shipped", "expires_at", "reserved_at",
            "changed_at",
        )  # fmt: skip


class ShortageSerializer(serializers.ModelSerializer):
    """`missing` units cannot be promised; `unbacked` ones left though the ledger had none."""

    account, sku = Named("key"), Named("code")
    order_ref = serializers.CharField(source="order_line.order_ref", read_only=True)

    class Meta:
        model = Shortage
        fields = ("id", "account", "order_ref", "order_line", "sku", "missing", "unbacked", "since", "changed_at")


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


class CountLineSerializer(serializers.ModelSerializer):
    sku = Named("code")
    difference = serializers.IntegerField(read_only=True)

    class Meta:
        model = CountLine
        fields = ("sku", "counted", "expected", "difference")


class StockCountSerializer(serializers.ModelSerializer):
    warehouse = Named("code")
    lines = CountLineSerializer(many=True, read_only=True)

    class Meta:
        model = StockCount
        fields = (
            "id", "warehouse", "state", "note", "lines", "proposed_by", "proposed_at", "decided_by", "decided_at", "decision",
        )  # fmt: skip


class Counted(serializers.Serializer):
    """Units found per SKU code, all of one warehouse; what is not named is not touched."""

    warehouse = Named("code", queryset=selectors.warehouses())
    lines = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=LARGEST), allow_empty=False)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")

    def validate_lines(self, lines: dict[str, int]) -> dict[int, int]:
        known = codes(lines)
        if missing := sorted(set(lines) - set(known)):
            raise serializers.ValidationError(f"no SKU is called {', '.join(missing[:10])}")
        return {known[code]: units for code, units in lines.items()}


class MoveWanted(serializers.Serializer):
    """One move; `key` is the partner's own name of it, under which it counts once for ever."""

    warehouse = Named("code", queryset=selectors.warehouses())
    sku = Named("code", queryset=skus())
    kind = serializers.ChoiceField([kind.value for kind in MoveKind if kind != MoveKind.SHIPMENT])
    quantity = serializers.IntegerField(min_value=-LARGEST, max_value=LARGEST)
    key = serializers.CharField(max_length=150)
    reason = serializers.CharField(max_length=40, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, allow_blank=True, default="")
    reference = serializers.CharField(max_length=120, allow_blank=True, default="")
    happened_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class MovesWanted(serializers.Serializer):
    moves = MoveWanted(many=True, allow_empty=False, max_length=MOST_MOVES)


class MovesTaken(serializers.Serializer):
    recorded = serializers.IntegerField(help_text="moves that were not known yet", read_only=True)


class SwitchSerializer(serializers.ModelSerializer):
    class Meta:
        model = FulfilmentSwitch
        fields = ("id", "listing", "state", "asked_by", "asked_at", "zero_confirmed_at", "ended_at")


class SwitchWanted(serializers.Serializer):
    listing = serializers.PrimaryKeyRelatedField(queryset=listings())


class HoldingViews(Rows):
    queryset = selectors.holdings()
    serializer_class = HoldingSerializer
    filterset_class = filters.HoldingFilter


class MoveViews(Rows):
    queryset = selectors.stock_moves()
    serializer_class = StockMoveSerializer
    filterset_class = filters.MoveFilter

    @write(Action.MANAGE_STOCK, takes=MovesWanted, gives=MovesTaken, detail=False)
    def record(self, request: Request) -> Response:
        """Record what came and went, all or none; repeated under the same keys it changes nothing."""
        asked = self.given(request)["moves"]
        moves = [
            Move(
                warehouse_id=each["warehouse"].pk, sku_id=each["sku"].pk, kind=MoveKind(each["kind"]),
                quantity=each["quantity"], key=f"partner:{each['key']}", reason=each["reason"], note=each["note"],
                reference=each["reference"], happened_at=each["happened_at"],
            )
            for each in asked
        ]  # fmt: skip
        return Response({"recorded": stock.record(moves, by=actor(request))})


class ReservationViews(Rows):
    queryset = selectors.reservations()
    serializer_class = ReservationSerializer
    filterset_class = filters.ReservationFilter


class ShortageViews(Rows):
    queryset = selectors.lacks()
    serializer_class = ShortageSerializer
    filterset_class = filters.ShortageFilter


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


class CountViews(Rows):
    queryset = selectors.counts().prefetch_related("lines__sku")
    serializer_class = StockCountSerializer
    filterset_class = filters.CountFilter

    @write(Action.MANAGE_STOCK, takes=Counted, gives=StockCountSerializer, detail=False)
    def propose(self, request: Request) -> Response:
        """Say how many units were found; a small difference is booked at once, a large one waits for a second person."""
        asked = self.given(request)
        made = counts.propose(asked["warehouse"], asked["lines"], by=actor(request), note=asked["note"])
        return self.answer(made)

    @write(Action.APPROVE_STOCK, gives=StockCountSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to a count that somebody else proposed, and book it."""
        return self.answer(counts.approve(self.get_object(), by=actor(request)))

    @write(Action.APPROVE_STOCK, takes=Reason, gives=StockCountSerializer)
    def reject(self, request: Request, pk: str) -> Response:
        """Book nothing."""
        return self.answer(counts.reject(self.get_object(), by=actor(request), **self.given(request)))


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
    "holdings": HoldingViews,
    "stock-moves": MoveViews,
    "reservations": ReservationViews,
    "shortages": ShortageViews,
    "allocation-rules": RuleViews,
    "stock-feeds": FeedViews,
    "stock-counts": CountViews,
    "fulfilment-switches": SwitchViews,
}
