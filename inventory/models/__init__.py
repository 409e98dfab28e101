from inventory.models.orders import Order, OrderEvent, OrderLine
from inventory.models.returns import Return
from inventory.models.sales import SalesDay, SkuDay
from inventory.models.stock import StockLevel, Warehouse

__all__ = ["Order", "OrderEvent", "OrderLine", "Return", "SalesDay", "SkuDay", "StockLevel", "Warehouse"]
