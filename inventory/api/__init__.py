"""Goods and promises of goods over the API."""

from __future__ import annotations

from typing import Any

from inventory.api import allocation, goods, ledger, orders, sales, shipping, supply

VIEWS: dict[str, Any] = {
    **shipping.VIEWS, **orders.VIEWS, **goods.VIEWS, **sales.VIEWS, **supply.VIEWS, **ledger.VIEWS, **allocation.VIEWS,
}  # fmt: skip
QUESTIONS: dict[str, Any] = {"sales": sales.SalesView}
