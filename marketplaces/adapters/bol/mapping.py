"""bol's payloads in our words: the mapper of each resource. The rules stand in `rows/`, one file per kind of document."""

from __future__ import annotations

from collections.abc import Mapping

from marketplaces.adapters.bol.rows.orders import orders
from marketplaces.adapters.bol.rows.settlements import settlements
from marketplaces.contract import Mapper

MAPPERS: Mapping[str, Mapper] = {
    "orders": orders,
    "settlements": settlements,
}
