"""What a marketplace shows of an order before a parcel of it is bought or told: left already, or cancelled meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from config.core import clock, multirange
from config.core.errors import NinefoldError, RateLimited
from config.core.work import later
from marketplaces import registry
from marketplaces.canonical import Order, OrderStatus
from marketplaces.contract import Client, CommandKind, Outbound, Outcome, OutcomeState
from marketplaces.models import Account, Command, SyncState
from marketplaces.services import connections, records

ORDERS = "orders"
NOTHING_SENT = "nothing was sent"
TRUSTED_FOR = timedelta(minutes=15)
"""Orders are read every ten minutes by their last change: what was read within this time needs no call of its own, so that
a hundred labels do not wait for a hundred calls. A label can be given back for much longer."""
DAY = timedelta(days=1)
_DONE = {CommandKind.CONFIRM_SHIPMENT.value: "shipped"}


def instead(client: Client, command: Command, outbound: Outbound) -> Outcome | None:
    """What becomes of a parcel without telling it; None when it must be told.

    One that the marketplace shows as sent, because somebody told it elsewhere, is adopted; one whose units were cancelled
    there meanwhile is refused. A number or news that it shows already is not told again.
    """
    shown = client.read_back(outbound, "")
    if shown.state is OutcomeState.CONFIRMED:
        return replace(shown, reason=f"{_DONE.get(command.kind, 'told')} there already; {NOTHING_SENT}")
    if command.kind != CommandKind.CONFIRM_SHIPMENT or not records.can_fetch(command.account):
        return None
    order = _order(client, command.account, str(command.payload.get("external_id", "")))
    why = order and cancelled(order, command.payload.get("lines", {}))
    return Outcome(OutcomeState.REJECTED, f"{why}; {NOTHING_SENT}") if why else None


def why_not(account: Account, order: str, units: Mapping[str, int]) -> str:
    """Why these units (by line id) of an order cannot leave any more, as the marketplace shows it; empty when they can.

    Where all orders that changed were read within a quarter of an hour, what is stored counts and nothing is asked. An order
    that is not open any more is read again. A marketplace that cannot be asked keeps nobody from packing;
    raises RateLimited where it is only too early to ask.
    """
    if not records.can_fetch(account) or account.is_paused or _was_read(account):
        return ""
    recorder = connections.Recorder(account)
    recorder.turn_to(ORDERS, order)
    try:
        with connections.opened(account, recorder) as client:
            found = _order(client, account, order)
    except RateLimited:
        raise
    except NinefoldError:
        return ""
    why = cancelled(found, units) if found else ""
    if why:
        later("marketplaces.fetch_record", account_id=account.pk, resource=ORDERS, external_id=order)
    return why


def _was_read(account: Account) -> bool:
    """Whether the flow of orders has read every change of the last day but those of the last minutes."""
    now = clock.now()
    flow = SyncState.objects.filter(account=account, resource=ORDERS).first()
    return flow is not None and multirange.is_covered((now - DAY, now - TRUSTED_FOR), flow.covered)


def _order(client: Client, account: Account, wanted: str) -> Order | None:
    page = client.by_id(ORDERS, wanted)
    rows = registry.mapper(account.marketplace, ORDERS)(page) if page else ()
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
