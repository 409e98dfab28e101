"""Orders with their lines and events, and the parcels of them that are told."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core import clock
from config.core.api import Asked, MoneyField, Named, Rows, actor, write
from config.core.permissions import Action
from inventory import filters
from inventory.api import shipping
from inventory.models import Order, OrderEvent, OrderLine
from inventory.services import cancellations, shipments
from marketplaces.api.writes import CommandSerializer, wish
from marketplaces.canonical import CancelReason
from marketplaces.selectors import commands
from marketplaces.services import records
from marketplaces.services.writes import MOST_UNITS, Cancelled, Parcel


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


class ParcelSent(serializers.Serializer):
    """A parcel that left, with units per line id (`external_id` of the line); without `shipped_at` it left now.

    `further_numbers` are of other parcels that hold parts of the same units.
    """

    carrier = serializers.CharField(max_length=60)
    tracking_number = serializers.CharField(max_length=80, allow_blank=True, default="")
    shipped_at = serializers.DateTimeField(default=clock.now)
    lines = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=MOST_UNITS), allow_empty=False)
    return_tracking_number = serializers.CharField(max_length=80, allow_blank=True, default="")
    return_carrier = serializers.CharField(max_length=60, allow_blank=True, default="")
    further_numbers = serializers.ListField(child=serializers.CharField(max_length=80), max_length=20, default=tuple)


class UnitsCancelled(serializers.Serializer):
    """Units to be cancelled per line id (`external_id` of the line), and why."""

    reason = serializers.ChoiceField(choices=[str(reason) for reason in CancelReason])
    lines = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=MOST_UNITS), allow_empty=False)


class NumberCorrected(serializers.Serializer):
    """Another carrier or number of a parcel; `write` is the id of the write that told it."""

    write = serializers.PrimaryKeyRelatedField(queryset=commands())
    carrier = serializers.CharField(max_length=60)
    tracking_number = serializers.CharField(max_length=80)


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

    @write(Action.WRITE_MARKETPLACE, takes=UnitsCancelled, gives=CommandSerializer)
    def cancellation(self, request: Request, pk: str) -> Response:
        """Ask the marketplace to cancel open units that no parcel holds; answers the write."""
        given = self.given(request)
        wanted = Cancelled(units=given["lines"], reason=CancelReason(given["reason"]))
        return Response(CommandSerializer(cancellations.cancel(self.get_object(), wanted, wish(request))).data)

    @write(Action.WRITE_MARKETPLACE, takes=NumberCorrected, gives=CommandSerializer)
    def tracking(self, request: Request, pk: str) -> Response:
        """Tell another carrier or number of a parcel that was told; answers the write."""
        given = self.given(request)
        told = given.pop("write")
        command = shipments.correct(self.get_object(), told, shipments.Numbered(**given), wish(request))
        return Response(CommandSerializer(command).data)

    @write(Action.SHIP, takes=shipping.ParcelsPlanned, gives=shipping.ParcelSerializer)
    def parcels(self, request: Request, pk: str) -> Response:
        """Plan parcels of some or all open units; answers the first of them."""
        made = shipping.plan(self.get_object(), self.given(request), by=actor(request))
        return Response(shipping.ParcelSerializer(made[0]).data)


class LineViews(Rows):
    queryset = OrderLine.objects.select_related("account", "sku")
    serializer_class = LineSerializer
    filterset_class = filters.OrderLineFilter


class EventViews(Rows):
    queryset = OrderEvent.objects.select_related("account")
    serializer_class = EventSerializer
    filterset_class = filters.OrderEventFilter


VIEWS = {"orders": OrderViews, "order-lines": LineViews, "order-events": EventViews}
