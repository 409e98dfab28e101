"""Parcels that left, told to the marketplace; the order itself changes when it is read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction

from inventory import selectors
from inventory.carriers import numbers
from inventory.models import Order, OrderLine
from marketplaces import selectors as asked
from marketplaces import subjects
from marketplaces.models import Command, CommandState
from marketplaces.services import told_parcels, writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """Who carries a parcel, and under which numbers."""

    carrier: str
    tracking_number: str
    return_tracking_number: str = ""
    return_carrier: str = ""


def confirm(order: Order, parcel: writes.Parcel, wish: writes.Wish) -> Command:
    """Tell that a parcel with all or some of the open units has left; raises ValidationError.

    The order is locked, so that two people cannot tell the same units at once.
    """
    with transaction.atomic():
        subject = subjects.order(order.external_id)
        held = Order.objects.select_for_update(of=("self",)).select_related("account").get(pk=order.pk)
        found = list(asked.commands_about(account_id=held.account_id, subject=subject))
        if all(each.key != writes.shipment_key(wish) for each in writes.parcels(found)):
            parcel = _checked(held, parcel, found)
        return writes.shipment(held.account, held.external_id, parcel, wish, channel=held.channel)


def correct(order: Order, told: Command, numbered: Numbered, wish: writes.Wish) -> Command:
    """Tell another carrier or number of a parcel that was told; raises ValidationError where that cannot be."""
    if (told.account_id, told.subject) != (order.account_id, subjects.order(order.external_id)):
        raise ValidationError(f"this parcel is none of order {order.external_id}")
    if wrong := numbers.problem(numbered.carrier, numbered.tracking_number):
        raise ValidationError(wrong)
    return told_parcels.correct(told, numbered, wish)


def left(lines: Iterable[OrderLine], asked: Iterable[Command]) -> dict[str, int]:
    """Units per line id that may still leave, by what was read and what was asked of the marketplace about the order.

    What is in parcels or cancellations on their way is not left, whether read back or not; a confirmed one counts against
    the ordered units too, until its order was read again.
    """
    found, lines = list(asked), list(lines)
    every, waiting, gone = Counter[str](), Counter[str](), cancelled(lines, found)
    for each in writes.parcels(found):
        every.update(each.payload["lines"])
        if each.state != CommandState.CONFIRMED:
            waiting.update(each.payload["lines"])
    return {
        line.external_id: max(
            0,
            min(
                line.quantity_open - (gone[line.external_id] - line.quantity_cancelled) - waiting[line.external_id],
                line.quantity - gone[line.external_id] - every[line.external_id],
            ),
        )
        for line in lines
    }


def cancelled(lines: Iterable[OrderLine], asked: Iterable[Command]) -> dict[str, int]:
    """Units per line id that are cancelled: by what was read, or by our own wishes where that is more."""
    wished = [each.payload[writes.GONE] for each in writes.cancellations(asked)]
    return {
        line.external_id: max([line.quantity_cancelled, *(each.get(line.external_id, 0) for each in wished)])
        for line in lines
    }


def _checked(order: Order, parcel: writes.Parcel, found: Sequence[Command]) -> writes.Parcel:
    """The parcel with what left before it; raises ValidationError when it cannot be one of this order."""
    if order.fulfilment == "marketplace":
        raise ValidationError(f"order {order.external_id} is shipped by the marketplace")
    if order.status not in selectors.OPEN:
        status = order.status.replace("_", " ")
        raise ValidationError(f"order {order.external_id} is {status}: there is nothing to ship")
    for number in filter(str.strip, (parcel.tracking_number, *parcel.further_numbers)):
        if wrong := numbers.problem(parcel.carrier, number):
            raise ValidationError(wrong)
    if parcel.shipped_at < order.ordered_at:
        raise ValidationError("a parcel cannot have left before the order was placed")
    lines = list(selectors.lines_of(order=order))
    free = left(lines, found)
    for line, units in parcel.lines.items():
        if line not in free:
            raise ValidationError(f"order {order.external_id} has no line {line}")
        if units > free[line]:
            raise ValidationError(f"line {line}: {units} units are more than the {free[line]} left to ship")
    return replace(parcel, before=_before(lines, writes.parcels(found)))


def _before(lines: Iterable[OrderLine], told: Iterable[Command]) -> dict[str, int]:
    """Units per line id that have left, as far as we know: by what was read, or by our own parcels where that is more."""
    ours = Counter[str]()
    for each in told:
        ours.update(each.payload["lines"])
    return {line.external_id: max(line.quantity_shipped, ours[line.external_id]) for line in lines}
