"""What must hold for any canonical row, whoever mapped it. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints

from config.core.money import Money
from marketplaces import plain
from marketplaces import subjects as about
from marketplaces.canonical import (
    ChangeKind,
    Fee,
    LineClass,
    Listing,
    ListingStatus,
    Offer,
    Order,
    OrderChange,
    OrderLine,
    OrderStatus,
    Price,
    Rejected,
    Return,
    Row,
    SettlementLine,
    Stock,
)


def refusal(row: Row) -> Rejected | None:
    """Why this row may not be stored, or None when it may."""
    reason = _broken_key(row) or _naive_time(row) or _SPECIFIC.get(type(row), _nothing)(row)
    return Rejected(reason, plain.row(row), code="check", external_id=row.external_id) if reason else None


def _broken_key(row: Row) -> str:
    if not row.external_id:
        return f"{type(row).__name__} without external_id; the mapping must give one"
    if len(row.external_id) > 200:
        return f"external_id of {len(row.external_id)} characters; at most 200 can be stored"
    return ""


def _naive_time(row: Row) -> str:
    for name in _times_of(type(row)):  # type: ignore[arg-type]  # a class is hashable whatever its rows are
        value = getattr(row, name)
        if value is not None and value.tzinfo is None:
            return f"{name} has no time zone; the mapping must say which one the marketplace means"
    return ""


@cache
def _times_of(kind: type[Row]) -> tuple[str, ...]:
    """Fields of a canonical type that hold a moment; asked once, because a statement may have a million lines."""
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if datetime in (hint, *get_args(hint)))


def _order(row: Any) -> str:
    ids = [line.external_id for line in row.lines]
    if len(set(ids)) != len(ids):
        return "two lines share one external_id; lines must be told apart"
    for line in row.lines:
        if min(line.quantity, line.quantity_shipped, line.quantity_cancelled) < 0:
            return f"line {line.external_id}: a quantity is negative"
        if line.quantity_shipped + line.quantity_cancelled > line.quantity:
            return f"line {line.external_id}: shipped plus cancelled is more than the {line.quantity} ordered"
    currencies = {money.currency for money in _moneys(row)}
    return f"more than one currency in one order: {', '.join(sorted(currencies))}" if len(currencies) > 1 else ""


def _moneys(row: Order) -> Iterator[Money]:
    parts: tuple[Order | OrderLine, ...] = (row, *row.lines)
    for part in parts:
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, Money):
                yield value


def _return(row: Any) -> str:
    if not row.order_id:
        return "a return without order_id cannot be matched"
    return "" if row.quantity > 0 else f"a return of {row.quantity} units"


def _nothing(row: Any) -> str:
    return ""


_SPECIFIC: dict[type, Callable[[Any], str]] = {Order: _order, Return: _return}


def unknown_value(row: Row) -> str:
    """`Type.field:value` where the marketplace used a word that we do not know yet; empty when all is known."""
    if isinstance(row, Order) and row.status is OrderStatus.UNKNOWN:
        return f"Order.status:{row.status_raw}"
    if isinstance(row, OrderChange) and row.kind is ChangeKind.UNKNOWN:
        return f"OrderChange.kind:{row.kind_raw}"
    if isinstance(row, Listing) and row.status is ListingStatus.UNKNOWN:
        return f"Listing.status:{row.status_raw}"
    if isinstance(row, SettlementLine) and row.line_class is LineClass.UNKNOWN:
        return "SettlementLine.labels:" + "/".join(row.labels)
    return ""


def subjects(row: Row) -> Iterator[str]:
    """What a person would search this row by: `order:<id>` and `sku:<sku>`."""
    if isinstance(row, Order):
        yield about.order(row.external_id)
        yield from (about.sku(line.sku) for line in row.lines if line.sku)
    if isinstance(row, OrderChange | Return | SettlementLine) and row.order_id:
        yield about.order(row.order_id)
    if isinstance(row, Listing | Price | Stock | Return | Fee | Offer | SettlementLine) and row.sku:
        yield about.sku(row.sku)
