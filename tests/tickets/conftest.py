"""A client with fresh default limits, and the rows that detectors look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet

from config.core import clock
from inventory.models import Order, OrderLine
from marketplaces.models import Account, SyncState
from tests import factories
from tickets.models import Threshold, Ticket
from tickets.rules import defaults, engine


@pytest.fixture(autouse=True)
def _default_limits(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Threshold.objects.all().delete()
        defaults.seed()


@pytest.fixture
def shop(noon: datetime, db: None) -> Account:
    """An account whose flows of orders and settlements ran well just now."""
    account = factories.account("shop", connected_at=noon - timedelta(days=30))
    for resource in ("orders", "settlements"):
        SyncState.objects.create(account=account, resource=resource, last_ok_at=noon)
    return account


def place_order(account: Account, number: int, *, due_in_hours: str, total: str = "10", **changes: Any) -> Order:
    """A merchant's order of one open line, due so many hours from now."""
    now = clock.now()
    values = {
        "status": "to_ship", "ordered_at": now - timedelta(days=1), "business_on": now.date(), "changed_at": now,
        "fulfilment": "merchant", "currency": "EUR", "ship_by": now + timedelta(hours=float(due_in_hours)),
    }  # fmt: skip
    order = Order.objects.create(account=account, external_id=f"O-{number:04d}", **{**values, **changes})
    OrderLine.objects.create(
        order=order, account=account, order_ref=order.external_id, external_id="1", remote_id="MUG", quantity=2,
        currency=order.currency, item_total=Decimal(total), changed_at=order.changed_at,
    )  # fmt: skip
    return order


def ship(order: Order) -> None:
    order.lines.update(quantity_shipped=2)
    Order.objects.filter(pk=order.pk).update(status="shipped")


def later(minutes: float) -> Any:
    """The clock stands still so many minutes after the present moment."""
    return clock.frozen(clock.now() + timedelta(minutes=minutes))


def keep_fresh(account: Account) -> None:
    """Its flows have run well just now."""
    SyncState.objects.filter(account=account).update(last_ok_at=clock.now())


def sweep(minutes: float = 0) -> dict[str, int]:
    """What the detectors of goods find so many minutes later, all input being fresh."""
    with later(minutes):
        SyncState.objects.update(last_ok_at=clock.now())
        return engine.sweep("inventory")


def leaves() -> QuerySet[Ticket]:
    """Tickets that are no parents."""
    return Ticket.objects.filter(is_parent=False)
