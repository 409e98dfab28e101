"""Promises of goods: orders that wait while their ship-by comes near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, Max, Q, Sum, When
from django.db.models.functions import Cast, Greatest

from config.core import clock
from config.core.money import Money, quantise
from inventory import selectors, shipping
from inventory.services import deadlines
from marketplaces import subjects as about
from tickets.detectors.base import Measure, detector, hours
from tickets.types import UNSHIPPED_ORDER

LOOK_AHEAD = timedelta(hours=72)
"""How far ahead a sweep looks; beyond every line that a threshold may sensibly draw before a ship-by."""

DUE_WHEN_MISSED = Decimal(24)
"""Hours: the line at which a ticket opens unless a client drew another."""
_MONEY = DecimalField(max_digits=19, decimal_places=4)
_OPEN_VALUE = ExpressionWrapper(
    F("lines__item_total") * Cast("lines__quantity_open", _MONEY) / Cast("lines__quantity", _MONEY), output_field=_MONEY
)


def _due_soon() -> Iterable[str]:
    """Those without a promise of their marketplace's count too: the calendar of the account makes one."""
    soon = selectors.orders_to_ship().filter(Q(ship_by__lte=clock.now() + LOOK_AHEAD) | Q(ship_by=None))
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
    """Hours left until the ship-by of each order with open lines that we ship ourselves; negative when past due.

    An order that missed the last cut-off before it without a label counts as due within a day.
    """
    now, clocks = clock.now(), deadlines.Clocks()
    is_open = Q(lines__quantity_open__gt=0)
    orders = (
        selectors.orders_to_ship()
        .filter(pk__in=subjects)
        .annotate(
            open_lines=Count("lines", filter=is_open),
            open_units=Sum("lines__quantity_open", filter=is_open),
            open_value=Sum(Case(When(lines__quantity__gt=0, then=_OPEN_VALUE), output_field=_MONEY), filter=is_open),
            has_label=shipping.has_label(),
            read_at=Greatest("changed_at", Max("lines__changed_at")),
        )
        .filter(open_lines__gt=0)
    )
    for order in orders:
        if deadline := clocks.of(order):
            yield _measure(order, deadline, now)


def _measure(order: Any, deadline: deadlines.Deadline, now: datetime) -> Measure:
    left = hours(deadline.ship_by, now)
    due = f"{deadline.ship_by:%a %d %b %H:%M} UTC"
    cut_off = deadline.hand_over_by
    has_missed = cut_off is not None and cut_off < min(now, deadline.ship_by) and not order.has_label
    money = Money(quantise(order.open_value, order.currency), order.currency) if order.open_value is not None else None
    return Measure(
        subject=str(order.pk),
        value=min(left, DUE_WHEN_MISSED) if has_missed else left,
        title=f"Order {order.external_id}: " + (f"due {due}" if left > 0 else f"past due since {due}"),
        account_id=order.account_id,
        channel=order.channel,
        group=f"{deadline.ship_by:%Y-%m-%d}",
        facts={
            "open_lines": Decimal(order.open_lines), "open_units": Decimal(order.open_units),
            "missed_cut_off": Decimal(has_missed),
        },
        as_of={"order": order.read_at, "clock": now},
        money=money,
        links=(
            {"kind": "order", "id": order.pk, "label": order.external_id},
            {"kind": "raw", "account": order.account_id, "subject": about.order(order.external_id)},
        ),
        params={"order_id": order.pk},
        shows={
            "ship_by": deadline.ship_by.isoformat(), "last_cut_off": cut_off.isoformat() if cut_off else deadline.unknown,
            "open_lines": order.open_lines, "open_units": order.open_units,
        },
    )  # fmt: skip
