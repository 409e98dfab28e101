"""Returns, warehouses, and the stock that lies in each."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Named, Rows, actor, write
from config.core.permissions import Action
from inventory import filters
from inventory.models import Return, StockLevel, Warehouse
from inventory.models.ledger import RESTOCK_REASONS, WRITE_OFF_REASONS
from inventory.services import returns


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


VIEWS = {"returns": ReturnViews, "warehouses": WarehouseViews, "stock": StockViews}
