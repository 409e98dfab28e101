"""Allowed moves of an order's status, as a table; pure."""

from __future__ import annotations

from marketplaces.canonical import ChangeKind, OrderStatus

_RANK = {
    OrderStatus.UNKNOWN: 0,
    OrderStatus.PENDING: 1,
    OrderStatus.TO_SHIP: 2,
    OrderStatus.PARTIALLY_SHIPPED: 3,
    OrderStatus.SHIPPED: 4,
    OrderStatus.DELIVERED: 5,
}
EVENT_OF = {
    OrderStatus.PARTIALLY_SHIPPED: ChangeKind.SHIPPED,
    OrderStatus.SHIPPED: ChangeKind.SHIPPED,
    OrderStatus.DELIVERED: ChangeKind.DELIVERED,
    OrderStatus.CANCELLED: ChangeKind.CANCELLED,
}


def merge(stored: str | None, told: OrderStatus) -> OrderStatus:
    """The status to keep: shipped never returns to unshipped, delivered never to shipped; cancelled always holds."""
    if stored is None or told is OrderStatus.CANCELLED:
        return told
    former = OrderStatus(stored)
    if former is OrderStatus.CANCELLED:
        return former
    return told if _RANK[told] >= _RANK[former] else former


INBOUND: dict[str, frozenset[str]] = {
    "planned": frozenset({"ordered", "cancelled"}),
    "ordered": frozenset({"in_transit", "receiving", "closed", "cancelled"}),
    "in_transit": frozenset({"receiving", "closed"}),
    "receiving": frozenset({"closed"}),
    "closed": frozenset(),
    "cancelled": frozenset(),
}
"""What may follow each state of goods on their way; what has left is received or closed, never cancelled."""
