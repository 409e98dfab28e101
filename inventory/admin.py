"""Orders, returns and stock for inspection; places of our own are set up here."""

from __future__ import annotations

from django.contrib import admin

from config.core.admin import Configure, Inspect
from inventory.models import (
    Coverage,
    HoldTerm,
    InboundShipment,
    Order,
    OrderEvent,
    OrderLine,
    Return,
    ShippingCalendar,
    StockLevel,
    StockPolicy,
    StorageRate,
    SupplyPolicy,
    Warehouse,
)


@admin.register(Order)
class OrderAdmin(Inspect):
    list_display = ("external_id", "account", "channel", "status", "ordered_at", "total", "currency", "ship_by")
    list_filter = ("status", "fulfilment", "account")
    list_select_related = ("account",)
    search_fields = ("external_id__startswith",)


@admin.register(OrderLine)
class OrderLineAdmin(Inspect):
    list_display = (
        "order_ref",
        "external_id",
        "remote_id",
        "sku",
        "quantity",
        "quantity_open",
        "item_total",
        "currency",
    )
    list_select_related = ("sku",)
    search_fields = ("order_ref__startswith",)


@admin.register(OrderEvent)
class OrderEventAdmin(Inspect):
    list_display = ("order_ref", "kind", "kind_raw", "source", "happened_at", "received_at")
    list_filter = ("kind", "source")
    search_fields = ("order_ref__startswith",)


@admin.register(Return)
class ReturnAdmin(Inspect):
    list_display = ("external_id", "order_ref", "remote_id", "quantity", "reason", "returned_at", "is_handled")
    list_filter = ("is_handled", "account")
    search_fields = ("order_ref__startswith",)


@admin.register(Warehouse)
class WarehouseAdmin(Configure):
    list_display = ("label", "code", "account", "pool", "fulfilment")
    list_select_related = ("account",)
    search_fields = ("label", "code")


@admin.register(StockLevel)
class StockLevelAdmin(Inspect):
    list_display = ("remote_id", "warehouse", "sku", "available", "reserved", "inbound", "observed_at")
    list_filter = ("warehouse",)
    list_select_related = ("warehouse", "sku")
    search_fields = ("remote_id__startswith",)


@admin.register(SupplyPolicy)
class SupplyPolicyAdmin(Configure):
    list_display = (
        "cover_days",
        "service",
        "review_days",
        "growth",
        "short_below",
        "low_below",
        "high_above",
        "long_above",
    )


@admin.register(Coverage)
class CoverageAdmin(Inspect):
    list_display = ("sku", "warehouse", "available", "velocity", "days", "state", "proposed", "computed_at")
    list_filter = ("state",)
    list_select_related = ("sku", "warehouse")
    search_fields = ("sku__code__startswith",)


@admin.register(InboundShipment)
class InboundShipmentAdmin(Inspect):
    list_display = ("reference", "kind", "supplier", "destination", "state", "expected_on")
    list_filter = ("state", "kind")
    list_select_related = ("destination",)
    search_fields = ("reference__startswith",)


@admin.register(StockPolicy)
class StockPolicyAdmin(Configure):
    list_display = ("key", "oversell_target", "usual_delay_s", "demand_days", "approve_from", "hold_hours")


@admin.register(HoldTerm)
class HoldTermAdmin(Configure):
    list_display = ("marketplace", "hours")


@admin.register(ShippingCalendar)
class ShippingCalendarAdmin(Configure):
    list_display = ("__str__", "zone", "country", "region", "cut_off", "handling_days")
    list_select_related = ("account",)


@admin.register(StorageRate)
class StorageRateAdmin(Configure):
    list_display = ("warehouse", "from_day", "valid_from", "rate", "currency", "unit", "set_by")
    list_select_related = ("warehouse",)
