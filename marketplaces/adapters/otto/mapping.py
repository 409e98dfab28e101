"""OTTO's payloads in our words: the mapper of each resource. The rules stand in `rows/`."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.otto.rows.offers import listings, prices, stock
from marketplaces.adapters.otto.rows.orders import orders
from marketplaces.adapters.otto.rows.returns import returns
from marketplaces.adapters.otto.rows.settlements import settlements
from marketplaces.adapters.otto.rows.shipments import order_changes
from marketplaces.adapters.otto.rows.taxonomy import taxonomy
from marketplaces.contract import Mapper

MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "order_changes": order_changes,
    "listings": listings,
    "prices": prices,
    "stock": stock,
    "returns": returns,
    "settlements": settlements,
    "taxonomy": taxonomy,
}
