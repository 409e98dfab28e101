"""One unit is one position item; units of one article at one price and tax rate make one line.

A line's id is the smallest of its units' ids: units never leave or join an order, so it stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marketplaces.adapters.otto.rows.reading import money, plain, records, required
from marketplaces.pieces import Unreadable, inner

OPEN, WAITING = "PROCESSABLE", "ANNOUNCED"
SENT = frozenset({"SENT", "RETURNED"})
CANCELLED = frozenset({"CANCELLED_BY_PARTNER", "CANCELLED_BY_MARKETPLACE"})

Unit = Mapping[str, Any]


def unit_id(unit: Unit) -> str:
    return required(unit, "positionItemId")


def lines(order: Mapping[str, Any]) -> dict[str, list[Unit]]:
    """Units by the id of their line, in the order in which the articles come."""
    found: dict[tuple[object, ...], dict[str, Unit]] = {}
    for unit in records(order, "positionItems"):
        product, price = inner(unit, "product"), money(unit.get("itemValueGrossPrice"), "itemValueGrossPrice")
        key = (plain(product.get("sku")), plain(product.get("ean")), price, plain(product.get("vatRate")))
        found.setdefault(key, {})[unit_id(unit)] = unit
    return {min(units): [units[key] for key in sorted(units)] for units in found.values()}


def lines_of_units(orders: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Mapping[str, Any], str, Unit]]:
    """For each unit of the orders: its order, the id of its line, and the unit as it is known there."""
    found: dict[str, tuple[Mapping[str, Any], str, Unit]] = {}
    for order in orders:
        try:
            for line_id, units in lines(order).items():
                found |= {unit_id(unit): (order, line_id, unit) for unit in units}
        except (Unreadable, ValueError):
            continue
    return found
