"""The tables that canonical rows land in: columns, keys, and how a row becomes values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.core.bulk import Table
from config.core.clock import business_day
from config.core.money import Money
from inventory.ageing import SURCHARGED_FROM
from marketplaces.canonical import Order, OrderLine, Return, Stock, StockHealth
from marketplaces.sinks import Source

ORDERS = Table(
    name="inventory_order",
    columns=(
        "account_id", "external_id", "channel", "status", "status_raw", "ordered_at", "business_on", "changed_at",
        "fulfilment", "currency", "total", "ship_by", "deliver_by", "ship_to_country", "is_business", "is_premium",
        "replacement_of", "extra",
    ),
    key=("account_id", "external_id"),
)  # fmt: skip
LINES = Table(
    name="inventory_orderline",
    columns=(
        "account_id", "order_ref", "external_id", "order_id", "remote_id", "sku_id", "title", "quantity",
        "quantity_shipped", "quantity_cancelled", "currency", "unit_price", "item_total", "shipping", "gift_wrap",
        "tax", "discount", "shipping_discount", "expected_fee", "cancel_requested", "changed_at",
    ),
    key=("account_id", "order_ref", "external_id"),
)  # fmt: skip
EVENTS = Table(
    name="inventory_orderevent",
    columns=(
        "account_id", "event_id", "order_id", "order_ref", "kind", "kind_raw", "source", "happened_at", "received_at",
        "facts",
    ),
    key=("account_id", "event_id"),
    update=(),
    newer=None,
)  # fmt: skip
RETURNS = Table(
    name="inventory_return",
    columns=(
        "account_id", "external_id", "order_ref", "line_ref", "remote_id", "sku_id", "quantity", "reason",
        "disposition", "is_handled", "is_sellable", "fulfilment", "returned_at", "changed_at", "extra",
    ),
    key=("account_id", "external_id"),
)  # fmt: skip
STOCK = (
    "warehouse_id",
    "remote_id",
    "sku_id",
    "available",
    "reserved",
    "inbound",
    "unsellable",
    "researching",
    "changed_at",
)
HEALTH = (
    "warehouse_id", "remote_id", "sku_id", "ages", "aged_units", "age_fee", "currency", "stranded", "stranded_since",
    "stranded_reason", "unsellable", "changed_at",
)  # fmt: skip


def amount(money: Money | None) -> Decimal | None:
    return money.amount if money else None


def order_values(row: Order, status: str, source: Source) -> tuple[Any, ...]:
    account = source.account
    currency = row.currency or next((line.unit_price.currency for line in row.lines if line.unit_price), "")
    return (
        account.pk, row.external_id, row.channel, status, row.status_raw[:60], row.ordered_at,
        business_day(row.ordered_at, account.zone(row.channel)), row.changed_at or row.ordered_at, row.fulfilment,
        currency, amount(row.total), row.ship_by, row.deliver_by, row.ship_to_country[:2], row.is_business,
        row.is_premium, row.replacement_of, dict(row.extra),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line belongs: its account and order, and what its product is called and means here."""

    account_id: int
    order_id: int
    remote_id: str
    sku_id: int | None


def line_values(row: Order, line: OrderLine, place: Place) -> tuple[Any, ...]:
    money = line.item_total or line.unit_price
    return (
        place.account_id, row.external_id, line.external_id, place.order_id, place.remote_id, place.sku_id,
        line.title[:300], line.quantity, line.quantity_shipped, line.quantity_cancelled,
        money.currency if money else row.currency, amount(line.unit_price), amount(line.item_total),
        amount(line.shipping), amount(line.gift_wrap), amount(line.tax), amount(line.discount),
        amount(line.shipping_discount), amount(line.expected_fee), line.cancel_requested,
        row.changed_at or row.ordered_at,
    )  # fmt: skip


def return_values(row: Return, *, name: str, sku_id: int | None, account_id: int) -> tuple[Any, ...]:
    return (
        account_id, row.external_id, row.order_id, row.line_id, name, sku_id, row.quantity, row.reason[:120],
        row.disposition[:60], row.is_handled, row.is_sellable, row.fulfilment, row.returned_at, row.changed_at, dict(row.extra),
    )  # fmt: skip


def stock_values(row: Stock, *, warehouse_id: int, name: str, sku_id: int | None, at: Any) -> tuple[Any, ...]:
    return (
        warehouse_id, name, sku_id, row.available, row.reserved, row.inbound, row.unsellable, row.researching,
        row.changed_at or row.observed_at or at,
    )  # fmt: skip


def health_values(row: StockHealth, *, warehouse_id: int, name: str, sku_id: int | None, at: Any) -> tuple[Any, ...]:
    ages = None if row.ages is None else {str(start): units for start, units in row.ages}
    aged = None if row.ages is None else sum(units for start, units in row.ages if start >= SURCHARGED_FROM)
    fee = row.age_fee
    return (
        warehouse_id, name, sku_id, ages, aged, amount(fee), fee.currency if fee else "", row.stranded,
        row.stranded_since, row.stranded_reason[:120], row.unsellable, at,
    )  # fmt: skip
