"""bol's payloads in our words: the mapper of each resource. The rules stand in `rows/`."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.bol.rows.changes import order_changes
from marketplaces.adapters.bol.rows.offers import listings, prices, stock
from marketplaces.adapters.bol.rows.orders import orders
from marketplaces.adapters.bol.rows.quotes import fees, offers
from marketplaces.adapters.bol.rows.returns import returns
from marketplaces.adapters.bol.rows.settlements import settlements
from marketplaces.adapters.bol.rows.taxonomy import taxonomy
from marketplaces.contract import Mapper

MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "order_changes": order_changes,
    "listings": listings,
    "prices": prices,
    "stock": stock,
    "returns": returns,
    "fees": fees,
    "settlements": settlements,
    "taxonomy": taxonomy,
    "offers": offers,
}
