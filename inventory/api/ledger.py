"""Our own goods over the API: levels, moves, reservations, shortages and counts; partners write here."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.selectors import codes, skus
from config.core.api import Named, Reason, Rows, actor, write
from config.core.permissions import Action
from inventory import ledger_filters as filters
from inventory import selectors
from inventory.models import (
    CountLine,
    Holding,
    MoveKind,
    Reservation,
    Shortage,
    StockCount,
    StockMove,
)
from inventory.services import counts, stock
from inventory.services.stock import LARGEST, Move

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


VIEWS: dict[str, Any] = {
    "holdings": HoldingViews,
    "stock-moves": MoveViews,
    "reservations": ReservationViews,
    "shortages": ShortageViews,
    "stock-counts": CountViews,
}
