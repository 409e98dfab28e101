"""What our stock and open orders have against retiring a SKU."""

from __future__ import annotations

from inventory import selectors


def obstacle(sku_id: int) -> str:
    """Units on our shelves must be moved and orders shipped first, for the ledger keeps the SKU that it was booked with."""
    units = sum(row.on_hand for row in selectors.holdings().filter(sku=sku_id))
    waiting = selectors.open_units(sku_id=sku_id)
    told = [f"{units} units of it are on your shelves"] if units else []
    told += [f"{waiting} units of it are ordered and not shipped"] if waiting else []
    return " and ".join(told)
