"""Their payloads -> canonical rows. One mapper per resource; pure."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.amazon.mapping.changes import order_changes
from marketplaces.adapters.amazon.mapping.fees import fees
from marketplaces.adapters.amazon.mapping.listings import listings
from marketplaces.adapters.amazon.mapping.offers import offers
from marketplaces.adapters.amazon.mapping.orders import orders
from marketplaces.adapters.amazon.mapping.prices import prices
from marketplaces.adapters.amazon.mapping.returns import returns
from marketplaces.adapters.amazon.mapping.settlements import settlements
from marketplaces.adapters.amazon.mapping.stock import stock
from marketplaces.adapters.amazon.mapping.stock_health import stock_health
from marketplaces.adapters.amazon.mapping.taxonomy import taxonomy
from marketplaces.contract import Mapper

MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "order_changes": order_changes,
    "listings": listings,
    "prices": prices,
    "stock": stock,
    "stock_health": stock_health,
    "returns": returns,
    "fees": fees,
    "settlements": settlements,
    "offers": offers,
    "taxonomy": taxonomy,
}
