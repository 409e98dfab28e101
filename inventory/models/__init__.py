from inventory.models.allocation import AllocationRule, Buffer, Feed, StaleOffer, StockPolicy
from inventory.models.calendars import ShippingCalendar
from inventory.models.carriers import CarrierAccount, CarrierCall, CarrierSecret
from inventory.models.counts import CountLine, CountState, FulfilmentSwitch, StockCount, SwitchState
from inventory.models.history import StockDay
from inventory.models.inbound import InboundKind, InboundLine, InboundReceipt, InboundShipment, InboundState
from inventory.models.ledger import Holding, MoveKind, StockMove
from inventory.models.orders import Order, OrderEvent, OrderLine
from inventory.models.reservations import HoldTerm, Reservation, Shortage
from inventory.models.returns import Return, ReturnCheck
from inventory.models.sales import SalesDay, SkuDay
from inventory.models.shipments import (
    Label,
    LabelKind,
    LabelPaper,
    LabelState,
    Manifest,
    Parcel,
    ParcelItem,
    Shipment,
    TrackingEvent,
)
from inventory.models.stock import PoolHealth, StockLevel, Warehouse
from inventory.models.storage import StorageRate
from inventory.models.supply import Coverage, CoverState, SupplyPolicy

__all__ = [
    "AllocationRule", "Buffer", "CarrierAccount", "CarrierCall", "CarrierSecret", "CountLine", "CountState",
    "CoverState", "Coverage", "Feed", "FulfilmentSwitch", "HoldTerm", "Holding", "InboundKind", "InboundLine",
    "InboundReceipt", "InboundShipment", "InboundState", "Label", "LabelKind", "LabelPaper", "LabelState", "Manifest",
    "MoveKind", "Order", "OrderEvent", "OrderLine", "Parcel", "ParcelItem", "PoolHealth", "Reservation", "Return", "ReturnCheck",
    "SalesDay", "Shipment", "ShippingCalendar", "Shortage", "SkuDay", "StaleOffer", "StockCount", "StockDay",
    "StockLevel", "StockMove", "StockPolicy", "StorageRate", "SupplyPolicy", "SwitchState", "TrackingEvent", "Warehouse",
]  # fmt: skip
