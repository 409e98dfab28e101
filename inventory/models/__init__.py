from inventory.models.allocation import AllocationRule, Buffer, Feed, StaleOffer, StockPolicy
from inventory.models.ledger import Holding, MoveKind, StockMove
from inventory.models.orders import Order, OrderEvent, OrderLine
from inventory.models.reservations import HoldTerm, Reservation, Shortage
from inventory.models.returns import Return
from inventory.models.sales import SalesDay, SkuDay
from inventory.models.stock import StockLevel, Warehouse

__all__ = [
    "AllocationRule", "Buffer", "Feed", "HoldTerm", "Holding", "MoveKind", "Order", "OrderEvent", "OrderLine",
    "Reservation", "Return", "SalesDay", "Shortage", "SkuDay", "StaleOffer", "StockLevel", "StockMove",
    "StockPolicy", "Warehouse",
]  # fmt: skip
