"""Shopify's payloads in our words: the mapper of each resource. The rules stand in `rows/`."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.shopify.rows.changes import order_changes
from marketplaces.adapters.shopify.rows.listings import listings, stock
from marketplaces.adapters.shopify.rows.orders import orders
from marketplaces.adapters.shopify.rows.returns import returns
from marketplaces.adapters.shopify.rows.settlements import settlements
from marketplaces.contract import Mapper

MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "order_changes": order_changes,
    "listings": listings,
    "stock": stock,
    "returns": returns,
    "settlements": settlements,
}
