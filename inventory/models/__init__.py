from inventory.models.orders import Order, OrderEvent, OrderLine
from inventory.models.returns import Return
from inventory.models.stock import StockLevel, Warehouse

__all__ = ["Order", "OrderEvent", "OrderLine", "Return", "StockLevel", "Warehouse"]
