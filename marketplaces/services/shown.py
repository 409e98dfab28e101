"""What a marketplace shows of an order before a parcel of it is told: left already, or cancelled meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from marketplaces import registry
from marketplaces.canonical import Order, OrderStatus
from marketplaces.contract import Client, Outbound, Outcome, OutcomeState
from marketplaces.models import Command
from marketplaces.services import records

ORDERS = "orders"
NOTHING_SENT = "nothing was sent"


def instead(client: Client, command: Command, outbound: Outbound) -> Outcome | None:
    """What becomes of a parcel without telling it; None when it must be told.

    One that the marketplace shows as sent, because somebody told it elsewhere, is adopted; one whose units were cancelled
    there meanwhile is refused.
    """
    shown = client.read_back(outbound, "")
    if shown.state is OutcomeState.CONFIRMED:
        return replace(shown, reason=f"shipped there already; {NOTHING_SENT}")
    order = _order(client, command)
    why = order and cancelled(order, command.payload.get("lines", {}))
    return Outcome(OutcomeState.REJECTED, f"{why}; {NOTHING_SENT}") if why else None


def _order(client: Client, command: Command) -> Order | None:
    if not records.can_fetch(command.account):
        return None
    wanted = str(command.payload.get("external_id", ""))
    page = client.by_id(ORDERS, wanted)
    rows = registry.mapper(command.account.marketplace, ORDERS)(page) if page else ()
    return next((row for row in rows if isinstance(row, Order) and row.external_id == wanted), None)


def cancelled(order: Order, units: Mapping[str, int]) -> str:
    """Why these units (by line id) cannot leave any more; empty when they can. Pure."""
    if order.status is OrderStatus.CANCELLED:
        return f"order {order.external_id} was cancelled at the marketplace meanwhile"
    for line in order.lines:
        left = line.quantity - line.quantity_cancelled
        if units.get(line.external_id, 0) > left:
            return f"order {order.external_id}: of line {line.external_id} only {left} units are not cancelled"
    return ""
