"""Cover, the history of stock, goods on their way and proposals, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import selectors as catalog
from config.core import clock
from config.core.api import MoneyField, Named, Rows, actor, write
from config.core.permissions import Action
from inventory.ageing import STARTS, StorageUnit
from inventory.models import Coverage, InboundLine, InboundShipment, StockDay, StorageRate, SupplyPolicy, Warehouse
from inventory.services import inbound, proposals, storage_rates
from inventory.services.inbound import Draft
from inventory.supply_filters import CoverFilter, InboundFilter


class CoverageSerializer(serializers.ModelSerializer):
    """Days and units; null means not known, and `why` says why. `warehouse` null: all places of our own together."""

    warehouse, transfer_from = Named("code", or_null=True), Named("code", or_null=True)
    sku = Named("code")

    class Meta:
        model = Coverage
        fields = (
            "id", "sku", "warehouse", "computed_at", "seen_at", "on_hand", "available", "arriving", "ordered", "sold_30",
            "in_stock_30", "velocity", "velocity_note", "deviation", "days", "why", "state", "runs_out_on", "lead_days",
            "lead_deviation", "safety_stock", "reorder_point", "proposed", "transfer", "transfer_from", "proposal_why",
            "supply_30", "supply_90",
        )  # fmt: skip


class StockDaySerializer(serializers.ModelSerializer):
    """One day (UTC) of a SKU in a pool; `in_stock` is the fraction of the day with units to sell, null while open."""

    warehouse, sku = Named("code", or_null=True), Named("code")

    class Meta:
        model = StockDay
        fields = ("id", "sku", "warehouse", "day", "on_hand", "available", "in_stock")


class CoverageViews(Rows):
    queryset = Coverage.objects.select_related("warehouse", "sku", "transfer_from")
    serializer_class = CoverageSerializer
    filterset_class = CoverFilter


class StockDayViews(Rows):
    queryset = StockDay.objects.select_related("warehouse", "sku")
    serializer_class = StockDaySerializer
    filterset_fields = {"sku__code": ["exact"], "warehouse__code": ["exact"], "day": ["gte", "lte"]}


class InboundLineSerializer(serializers.ModelSerializer):
    sku = Named("code")

    class Meta:
        model = InboundLine
        fields = ("id", "sku", "quantity", "received", "why")


class InboundSerializer(serializers.ModelSerializer):
    """`expected_on` null: nobody has said when it comes, so no cover counts on it."""

    destination, origin = Named("code"), Named("code", or_null=True)
    lines = InboundLineSerializer(many=True, read_only=True)

    class Meta:
        model = InboundShipment
        fields = (
            "id", "reference", "kind", "supplier", "origin", "destination", "state", "ordered_on", "expected_on",
            "closed_on", "external_ref", "note", "created_by", "lines",
        )  # fmt: skip


class PolicySerializer(serializers.ModelSerializer):
    """Service in percent; `growth` is a fraction; the bands of cover in days."""

    class Meta:
        model = SupplyPolicy
        fields = (
            "id", "service", "review_days", "cover_days", "growth", "short_below", "low_below", "high_above", "long_above",
        )  # fmt: skip


class Units(serializers.DictField):
    """Units by SKU code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=serializers.IntegerField(min_value=1, max_value=10_000_000), allow_empty=False, **options
        )

    def to_internal_value(self, data: Any) -> dict[int, int]:
        given = super().to_internal_value(data)
        known = catalog.codes(given)
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise serializers.ValidationError(f"no SKU is called {', '.join(unknown)}")
        return {known[code]: units for code, units in given.items()}


class Planned(serializers.Serializer):
    """With an `origin` a transfer, else a purchase from `supplier`."""

    destination = Named("code", queryset=Warehouse.objects.all())
    origin = Named("code", queryset=Warehouse.objects.all(), required=False)
    supplier = serializers.CharField(max_length=120, default="", allow_blank=True)
    reference = serializers.CharField(max_length=60, default="", allow_blank=True)
    expected_on = serializers.DateField(required=False)
    note = serializers.CharField(max_length=300, default="", allow_blank=True)
    units = Units()


class Expected(serializers.Serializer):
    expected_on = serializers.DateField(required=False)


class Received(serializers.Serializer):
    """Units by SKU code that came; the same `key` counts once."""

    key = serializers.CharField(max_length=80)
    received_at = serializers.DateTimeField(required=False)
    units = Units()


class Chosen(serializers.Serializer):
    coverage = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=1000)


class InboundViews(Rows):
    queryset = InboundShipment.objects.select_related("destination", "origin").prefetch_related(
        Prefetch("lines", InboundLine.objects.select_related("sku").order_by("pk"))
    )
    serializer_class = InboundSerializer
    filterset_class = InboundFilter

    @write(Action.PLAN_SUPPLY, takes=Planned, gives=InboundSerializer, detail=False)
    def plan(self, request: Request) -> Response:
        """Write down goods that are to come."""
        return self.answer(inbound.plan(Draft(**self.given(request)), by=actor(request)))

    @write(Action.PLAN_SUPPLY, takes=Chosen, gives=InboundSerializer, detail=False)
    def approve(self, request: Request) -> Response:
        """Make planned shipments of proposals (ids of coverage); what lies idle elsewhere is moved first."""
        made = proposals.approve(self.given(request)["coverage"], by=actor(request))
        rows = self.get_queryset().filter(pk__in=[each.pk for each in made]).order_by("pk")
        return Response(self.get_serializer(rows, many=True).data)

    @write(Action.PLAN_SUPPLY, takes=Expected, gives=InboundSerializer)
    def order(self, request: Request, pk: str) -> Response:
        """The supplier was told to send it."""
        expected = self.given(request).get("expected_on")
        return self.answer(inbound.order(self.get_object(), on=clock.now().date(), expected_on=expected))

    @write(Action.PLAN_SUPPLY, takes=Expected, gives=InboundSerializer)
    def send(self, request: Request, pk: str) -> Response:
        """It has left; a transfer takes its units from our shelves."""
        expected = self.given(request).get("expected_on")
        return self.answer(inbound.send(self.get_object(), by=actor(request), expected_on=expected))

    @write(Action.PLAN_SUPPLY, takes=Received, gives=InboundSerializer)
    def receive(self, request: Request, pk: str) -> Response:
        """Units that came; what is complete closes by itself."""
        given = self.given(request)
        at = given.get("received_at")
        return self.answer(
            inbound.receive(self.get_object(), given["units"], key=given["key"], by=actor(request), at=at)
        )

    @write(Action.PLAN_SUPPLY, gives=InboundSerializer)
    def close(self, request: Request, pk: str) -> Response:
        """No more will come."""
        return self.answer(inbound.close(self.get_object()))

    @write(Action.PLAN_SUPPLY, gives=InboundSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """It will not come."""
        return self.answer(inbound.cancel(self.get_object()))


class PolicyViews(Rows):
    queryset = SupplyPolicy.objects.all()
    serializer_class = PolicySerializer


class StorageRateSerializer(serializers.ModelSerializer):
    """What a `unit` of goods of an age costs on a day of charging; `warehouse` null: all places of our own together."""

    warehouse = Named("code", or_null=True)
    rate = MoneyField()

    class Meta:
        model = StorageRate
        fields = ("id", "warehouse", "from_day", "valid_from", "rate", "unit", "note", "set_by")


class StorageRateWanted(serializers.Serializer):
    warehouse = Named("code", queryset=Warehouse.objects.exclude(account=None), required=False, or_null=True)
    from_day = serializers.ChoiceField(STARTS)
    valid_from = serializers.DateField()
    rate = serializers.DecimalField(max_digits=10, decimal_places=4, min_value=0)
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    unit = serializers.ChoiceField([unit.value for unit in StorageUnit], default=StorageUnit.PIECE.value)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class StorageRateViews(Rows):
    queryset = StorageRate.objects.select_related("warehouse")
    serializer_class = StorageRateSerializer
    filterset_fields = {"warehouse__code": ["exact"], "from_day": ["exact"], "valid_from": ["gte", "lte"]}

    @write(Action.PLAN_SUPPLY, takes=StorageRateWanted, gives=StorageRateSerializer, detail=False)
    def enter(self, request: Request) -> Response:
        """Enter what a place charges; a rate of the same place, band and day is corrected."""
        given = self.given(request)
        given["unit"] = StorageUnit(given["unit"])
        agreed = storage_rates.Agreed(**{"warehouse": None, **given})
        return self.answer(storage_rates.enter(agreed, by=actor(request)))

    @write(Action.PLAN_SUPPLY)
    def take_away(self, request: Request, pk: str) -> Response:
        """Take a rate away."""
        storage_rates.take_away(self.get_object())
        return Response(status=204)


VIEWS: dict[str, Any] = {
    "coverage": CoverageViews,
    "stock-days": StockDayViews,
    "inbound": InboundViews,
    "supply-policy": PolicyViews,
    "storage-rates": StorageRateViews,
}
