"""Smallest valid objects, each with a name that tells a reader what matters."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money
from marketplaces.canonical import Fulfilment, IdentifierKind, Order, OrderLine, OrderStatus, ProductId
from marketplaces.models import Account
from marketplaces.sinks import Source

NOON = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)


def account(key: str = "shop", **changes: Any) -> Account:
    """An active account of some marketplace that has at least one storefront."""
    from marketplaces import registry

    adapter = next(registry.all_adapters())
    values = {"marketplace": adapter.key, "label": key.title(), "stores": [adapter.stores[0].code], **changes}
    return Account.objects.create(key=key, **values)


def source(of: Account, resource: str = "orders", at: datetime = NOON) -> Source:
    return Source(account=of, resource=resource, at=at)


def gtin(value: str) -> tuple[ProductId, ...]:
    return (ProductId(IdentifierKind.GTIN, value),)


def order_line(external_id: str = "L1", **changes: Any) -> OrderLine:
    values: dict[str, Any] = {
        "sku": "MUG-BLUE",
        "quantity": 2,
        "unit_price": Money(Decimal("19.95"), "EUR"),
        "item_total": Money(Decimal("39.90"), "EUR"),
    }
    return OrderLine(external_id=external_id, **{**values, **changes})


def order(external_id: str = "O-1", *, lines: tuple[OrderLine, ...] | None = None, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "status": OrderStatus.TO_SHIP,
        "status_raw": "OPEN",
        "ordered_at": NOON,
        "changed_at": NOON,
        "fulfilment": Fulfilment.MERCHANT,
        "currency": "EUR",
        "lines": lines if lines is not None else (order_line(),),
    }
    return Order(external_id=external_id, **{**values, **changes})
