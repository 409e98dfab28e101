"""Orders with their lines and events, returns, stock, and the sales roll-ups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import clock
from config.core.api import Asked, MoneyField, Named, Question, Rows, actor, exact, write
from config.core.permissions import Action
from inventory import filters, ledger_api, selectors, shipping_api, supply_api
from inventory.models import (
    Order,
    OrderEvent,
    OrderLine,
    Return,
    SalesDay,
    SkuDay,
    StockLevel,
    Warehouse,
)
from inventory.models.ledger import RESTOCK_REASONS, WRITE_OFF_REASONS
from inventory.services import returns, shipments
from marketplaces.api.writes import CommandSerializer, wish
from marketplaces.services import records
from marketplaces.services.writes import MOST_UNITS, Parcel

LONGEST = timedelta(days=800)


class LineSerializer(serializers.ModelSerializer):
    """Amounts are for the whole line and positive; `expected_fee` is negative."""

    account, sku = Named("key"), Named("code", or_null=True)
    unit_price, item_total, shipping, gift_wrap = MoneyField(), MoneyField(), MoneyField(), MoneyField()
    tax, discount, shipping_discount, expected_fee = MoneyField(), MoneyField(), MoneyField(), MoneyField()
    quantity_open = serializers.IntegerField(read_only=True)

    class Meta:
        model = OrderLine
        fields = (
            "id", "order", "order_ref", "account", "external_id", "remote_id", "sku", "title", "quantity",
            "quantity_shipped", "quantity_cancelled", "quantity_open", "unit_price", "item_total", "shipping",
            "gift_wrap", "tax", "discount", "shipping_discount", "expected_fee", "cancel_requested", "shipped_at",
            "changed_at",
        )  # fmt: skip


class EventSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = OrderEvent
        fields = (
            "id", "account", "order", "order_ref", "kind", "kind_raw", "source", "event_id", "happened_at",
            "received_at", "facts",
        )  # fmt: skip


class OrderSerializer(serializers.ModelSerializer):
    """`total` is what the buyer pays; `business_on` the day in the store's zone."""

    account = Named("key")
    total = MoneyField()
    lines = LineSerializer(many=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            "id", "account", "external_id", "channel", "status", "status_raw", "ordered_at", "business_on",
            "changed_at", "fulfilment", "total", "ship_by", "deliver_by", "ship_to_country", "is_business",
            "is_premium", "replacement_of", "extra", "lines",
        )  # fmt: skip


class ReturnSerializer(serializers.ModelSerializer):
    account, sku = Named("key"), Named("code", or_null=True)

    class Meta:
        model = Return
        fields = (
            "id", "account", "external_id", "order_ref", "line_ref", "remote_id", "sku", "quantity", "reason",
            "disposition", "is_handled", "fulfilment", "returned_at", "changed_at", "extra",
        )  # fmt: skip


class WarehouseSerializer(serializers.ModelSerializer):
    account = Named("key", or_null=True)

    class Meta:
        model = Warehouse
        fields = ("id", "code", "label", "account", "pool", "fulfilment")


class StockSerializer(serializers.ModelSerializer):
    """Units; null means that the holder does not say."""

    warehouse, sku = Named("code"), Named("code", or_null=True)

    class Meta:
        model = StockLevel
        fields = (
            "id", "warehouse", "remote_id", "sku", "available", "reserved", "inbound", "unsellable", "researching",
            "changed_at", "observed_at",
        )  # fmt: skip


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


class ParcelSent(serializers.Serializer):
    """A parcel that left, with units per line id (`external_id` of the line); without `shipped_at` it left now."""

    carrier = serializers.CharField(max_length=60)
    tracking_number = serializers.CharField(max_length=80, allow_blank=True, default="")
    shipped_at = serializers.DateTimeField(default=clock.now)
    lines = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=MOST_UNITS), allow_empty=False)
    return_tracking_number = serializers.CharField(max_length=80, allow_blank=True, default="")
    return_carrier = serializers.CharField(max_length=60, allow_blank=True, default="")


class OrderViews(Rows):
    queryset = Order.objects.select_related("account").prefetch_related(
        Prefetch("lines", OrderLine.objects.select_related("account", "sku").order_by("pk"))
    )
    serializer_class = OrderSerializer
    filterset_class = filters.OrderFilter
    ordering = ("-ordered_at", "-pk")

    @write(Action.RUN_SYNC, gives=Asked)
    def fetch(self, request: Request, pk: str) -> Response:
        """Read the order again from its marketplace, in the background."""
        order: Order = self.get_object()
        return Response({"work_item": records.ask(order.account, "orders", order.external_id)})

    @write(Action.WRITE_MARKETPLACE, takes=ParcelSent, gives=CommandSerializer)
    def shipment(self, request: Request, pk: str) -> Response:
        """Tell the marketplace that a parcel with all or some of the open units has left; answers the write."""
        parcel = Parcel(**self.given(request))
        return Response(CommandSerializer(shipments.confirm(self.get_object(), parcel, wish(request))).data)

    @write(Action.SHIP, takes=shipping_api.ParcelsPlanned, gives=shipping_api.ParcelSerializer)
    def parcels(self, request: Request, pk: str) -> Response:
        """Plan parcels of some or all open units; answers the first of them."""
        made = shipping_api.plan(self.get_object(), self.given(request), by=actor(request))
        return Response(shipping_api.ParcelSerializer(made[0]).data)


class LineViews(Rows):
    queryset = OrderLine.objects.select_related("account", "sku")
    serializer_class = LineSerializer
    filterset_class = filters.OrderLineFilter


class EventViews(Rows):
    queryset = OrderEvent.objects.select_related("account")
    serializer_class = EventSerializer
    filterset_class = filters.OrderEventFilter


class CheckGiven(serializers.Serializer):
    """With a warehouse (its code) the units can be sold again and go there; without one they are kept out."""

    units = serializers.IntegerField(min_value=1, max_value=1_000_000)
    reason = serializers.ChoiceField(choices=sorted({*RESTOCK_REASONS, *WRITE_OFF_REASONS}))
    warehouse = serializers.SlugRelatedField(
        slug_field="code",
        queryset=Warehouse.objects.filter(account=None),
        required=False,
        allow_null=True,
        default=None,
    )
    note = serializers.CharField(max_length=200, default="", allow_blank=True)


class ReturnViews(Rows):
    queryset = Return.objects.select_related("account", "sku")
    serializer_class = ReturnSerializer
    filterset_class = filters.ReturnFilter

    @write(Action.MANAGE_STOCK, takes=CheckGiven, gives=ReturnSerializer)
    def check(self, request: Request, pk: str) -> Response:
        """What a person found of returned units; what is sellable goes back to a shelf by a stock move."""
        found: Return = self.get_object()
        returns.check(found, returns.Finding(**self.given(request)), by=actor(request))
        return self.answer(found)


class WarehouseViews(Rows):
    queryset = Warehouse.objects.select_related("account")
    serializer_class = WarehouseSerializer
    filterset_fields = ("code", "account__key", "fulfilment")


class StockViews(Rows):
    queryset = StockLevel.objects.select_related("warehouse", "sku")
    serializer_class = StockSerializer
    filterset_class = filters.StockFilter


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

    def get_days(self, group: selectors.Group) -> list[dict[str, str]]:
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
        return Response(GroupSerializer(selectors.sales_by(given.pop("by"), **given), many=True).data)


VIEWS: dict[str, Any] = {
    **shipping_api.VIEWS,
    "orders": OrderViews,
    "order-lines": LineViews,
    "order-events": EventViews,
    "returns": ReturnViews,
    "warehouses": WarehouseViews,
    "stock": StockViews,
    "sales-days": SalesDayViews,
    "sku-days": SkuDayViews,
    **supply_api.VIEWS,
    **ledger_api.VIEWS,
}
QUESTIONS: dict[str, Any] = {"sales": SalesView}
