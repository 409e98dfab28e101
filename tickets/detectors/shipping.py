"""Parcels in trouble: cancelled, no label or return number, unused, never scanned, not told, lost, coming back, too heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.core import clock
from inventory import selectors, shipping
from inventory.models import Label, LabelKind, LabelState, Parcel
from inventory.services import deadlines, planning
from marketplaces.services import carriage, told_parcels
from tickets.detectors.base import Measure, detector, hours
from tickets.types import SHIPPING_LABELS

UNUSED_AFTER = timedelta(hours=48)
SCANNED_WITHIN_H = 24
"""Working hours after the marketplace was told, by the calendar of the account."""
NO_DEADLINE = Decimal(9999)
_WORDS = {
    "cancelled": "the order was cancelled at the marketplace: keep its parcel back",
    "not_taken": "the marketplace did not take its parcel",
    "given_back": "the marketplace was told of a label that was given back",
    "told_otherwise": "the marketplace knows another number of its parcel",
    "needs_return": "it needs a return number before it can be told",
    "comes_back": "its parcel comes back",
    "silent": "nothing was heard of its parcel for days",
    "not_told": "its parcel was scanned and the marketplace was not told",
    "not_scanned": "told as shipped and never scanned",
    "heavier": "its parcel weighs more than was declared",
    "unused": "its label was bought and is not used",
}
_LOST = (LabelState.REFUSED, LabelState.ABSENT, LabelState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the labels of one parcel."""

    cancelled: bool = False
    not_taken: bool = False
    told_otherwise: bool = False
    given_back: bool = False
    not_bought: bool = False
    needs_return: bool = False
    not_scanned: bool = False
    unused: bool = False
    not_told: bool = False
    silent: bool = False
    comes_back: bool = False
    heavier: bool = False

    @property
    def count(self) -> int:
        return sum(self.facts().values(), 0)

    def facts(self) -> dict[str, int]:
        return {name: int(is_so) for name, is_so in asdict(self).items()}


def _candidates() -> Iterable[str]:
    return map(str, shipping.troubled().values_list("pk", flat=True))


@detector(
    "inventory.labels", subject="parcel", opens=SHIPPING_LABELS, candidates=_candidates, action="open_parcels"
)  # fmt: skip
def parcels_in_trouble(subjects: Sequence[str]) -> Iterator[Measure]:
    """How many things are wrong with the labels of each parcel; a parcel without trouble is left out."""
    clocks, now = deadlines.Clocks(), clock.now()
    for parcel in shipping.with_labels(shipping.troubled().filter(pk__in=subjects)):
        trouble = judged(parcel, clocks, now)
        if trouble.count:
            yield _measure(parcel, trouble, clocks.of(parcel.shipment.order), now)


def judged(parcel: Parcel, clocks: deadlines.Clocks, now: datetime) -> Trouble:
    """The last label of a parcel counts: a refusal that was followed by a purchase is none."""
    order = parcel.shipment.order
    is_told = planning.is_told(parcel)
    if order.status == "cancelled":
        return Trouble(cancelled=not is_told)
    outbound = _outbound(parcel)
    bought = next((label for label in outbound if label.state == LabelState.BOUGHT), None)
    if bought is None:
        is_void = is_told and order.status != "delivered" and any(map(_stands_there, outbound))
        return Trouble(not_bought=bool(outbound) and outbound[-1].state in _LOST, given_back=is_void)
    is_scanned = bought.first_scan_at is not None
    numbers = [label.return_tracking_number for label in parcel.labels.all() if label.state == LabelState.BOUGHT]
    since = bought.bought_at or now
    is_late = is_told and clocks.working_hours(order, since, now) >= SCANNED_WITHIN_H
    return Trouble(
        not_taken=parcel.command is not None and not is_told and order.status in selectors.OPEN,
        told_otherwise=is_told and not planning.knows(bought),
        needs_return=not is_told and not any(numbers) and carriage.needs_return(order.account),
        not_scanned=is_late and not is_scanned,
        unused=not is_told and not is_scanned and since + UNUSED_AFTER < now,
        not_told=not is_told and is_scanned and order.status in selectors.OPEN,
        silent=bought.is_silent,  # type: ignore[attr-defined]
        comes_back=bought.tracking_state in shipping.BACK,
        heavier=bought.is_heavier,  # type: ignore[attr-defined]
    )


def _stands_there(label: Label) -> bool:
    """Whether the marketplace shows a parcel under the number of a label that was given back."""
    told = label.parcel.command
    return (
        label.state == LabelState.CANCELLED
        and told is not None
        and told_parcels.numbers(told)[-1] == label.tracking_number
    )


def _outbound(parcel: Parcel) -> list[Label]:
    return [label for label in parcel.labels.all() if label.kind == LabelKind.OUTBOUND]


def _measure(parcel: Parcel, trouble: Trouble, deadline: deadlines.Deadline | None, now: datetime) -> Measure:
    order, label = parcel.shipment.order, next(reversed(_outbound(parcel)), None)
    is_open = order.status in selectors.OPEN and deadline is not None
    left = hours(deadline.ship_by, now) if is_open and deadline else NO_DEADLINE
    return Measure(
        subject=str(parcel.pk),
        value=Decimal(trouble.count),
        title=f"Order {order.external_id}: {_words(trouble, label)}",
        account_id=order.account_id,
        channel=order.channel,
        scope=f"shipment:{parcel.shipment_id}",
        group="labels",
        facts={"hours_left": left, **{name: Decimal(is_so) for name, is_so in trouble.facts().items()}},
        as_of={"clock": now},
        links=_links(order, label),
        params={"order_id": order.pk, "order": order.external_id},
        shows={
            "reason": label.reason if label else "", "tracking_number": label.tracking_number if label else "",
            "declared_g": parcel.weight_g, "weighed_g": label.weighed_g if label else None,
        },
    )  # fmt: skip


def _links(order: Any, label: Label | None) -> tuple[dict[str, Any], ...]:
    about = ({"kind": "order", "id": order.pk, "label": order.external_id},)
    return (*about, {"kind": "label", "id": label.pk, "label": str(label)}) if label else about


def _words(trouble: Trouble, label: Label | None) -> str:
    if trouble.not_bought:
        state = label.get_state_display().lower() if label else "missing"
        return f"its label is {state}"
    return next(words for name, words in _WORDS.items() if getattr(trouble, name))
