"""Promises of goods: orders that wait while their ship-by comes near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, Max, Q, QuerySet, Sum, When
from django.db.models.functions import Cast, Greatest

from config.core import clock
from config.core.money import Money, quantise
from inventory import selectors
from inventory.models import Order
from marketplaces import subjects as about
from tickets.detectors.base import Measure, detector, hours
from tickets.types import UNSHIPPED_ORDER

LOOK_AHEAD = timedelta(hours=72)
"""How far ahead a sweep looks; beyond every line that a threshold may sensibly draw before a ship-by."""

_MONEY = DecimalField(max_digits=19, decimal_places=4)
_OPEN_VALUE = ExpressionWrapper(
    F("lines__item_total") * Cast("lines__quantity_open", _MONEY) / Cast("lines__quantity", _MONEY), output_field=_MONEY
)


def _waiting() -> QuerySet[Order]:
    """Orders that we ourselves must ship and whose promise has a time."""
    return selectors.orders_to_ship().filter(ship_by__isnull=False)


def _due_soon() -> Iterable[str]:
    soon = _waiting().filter(ship_by__lte=clock.now() + LOOK_AHEAD)
    return map(str, soon.order_by("ship_by").values_list("pk", flat=True))


@detector(
    "inventory.ship_by",
    subject="order",
    opens=UNSHIPPED_ORDER,
    candidates=_due_soon,
    reads=("orders",),
    action="confirm_shipment",
)
def hours_to_ship_by(subjects: Sequence[str]) -> Iterator[Measure]:
    """Hours left until the ship-by of each order with open lines that we ship ourselves; negative when past due."""
    now = clock.now()
    is_open = Q(lines__quantity_open__gt=0)
    orders = (
        _waiting()
        .filter(pk__in=subjects)
        .annotate(
            open_lines=Count("lines", filter=is_open),
            open_units=Sum("lines__quantity_open", filter=is_open),
            open_value=Sum(Case(When(lines__quantity__gt=0, then=_OPEN_VALUE), output_field=_MONEY), filter=is_open),
            read_at=Greatest("changed_at", Max("lines__changed_at")),
        )
        .filter(open_lines__gt=0)
    )
    for order in orders:
        yield _measure(order, now)


def _measure(order: Any, now: datetime) -> Measure:
    left = hours(order.ship_by, now)
    due = f"{order.ship_by:%a %d %b %H:%M} UTC"
    money = Money(quantise(order.open_value, order.currency), order.currency) if order.open_value is not None else None
    return Measure(
        subject=str(order.pk),
        value=left,
        title=f"Order {order.external_id}: " + (f"due {due}" if left > 0 else f"past due since {due}"),
        account_id=order.account_id,
        channel=order.channel,
        group=f"{order.ship_by:%Y-%m-%d}",
        facts={"open_lines": Decimal(order.open_lines), "open_units": Decimal(order.open_units)},
        as_of={"order": order.read_at, "clock": now},
        money=money,
        links=(
            {"kind": "order", "id": order.pk, "label": order.external_id},
            {"kind": "raw", "account": order.account_id, "subject": about.order(order.external_id)},
        ),
        params={"order_id": order.pk},
        shows={"ship_by": order.ship_by.isoformat(), "open_lines": order.open_lines, "open_units": order.open_units},
    )
