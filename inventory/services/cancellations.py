"""Units of an order that we cannot or will not send: cancelled at the marketplace; the order itself changes when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction

from inventory import selectors
from inventory.models import Order, OrderLine, ParcelItem
from inventory.services import planning
from marketplaces import selectors as asked
from marketplaces import subjects
from marketplaces.models import Command
from marketplaces.services import writes


def cancel(order: Order, wanted: writes.Cancelled, wish: writes.Wish) -> Command:
    """Ask the marketplace to cancel open units that no parcel holds; raises ValidationError.

    The order is locked, so that nobody packs or cancels the same units at once.
    """
    with transaction.atomic():
        held = Order.objects.select_for_update(of=("self",)).select_related("account").get(pk=order.pk)
        lines = list(selectors.lines_of(order=held))
        told = list(asked.commands_about(account_id=held.account_id, subject=subjects.order(held.external_id)))
        if all(each.key != writes.cancellation_key(wish) for each in told):
            _check(held, wanted.units, free(lines, told, planning.waiting_items(held)))
        wanted = replace(wanted, before=_before(lines, told))
        return writes.cancellation(held.account, held.external_id, wanted, wish, channel=held.channel)


def free(lines: Sequence[OrderLine], told: Iterable[Command], waiting: Iterable[ParcelItem]) -> dict[str, int]:
    """Units per line id that neither a parcel holds nor a cancellation on its way."""
    found = list(told)
    left, gone = planning.free(lines, writes.parcels(found), waiting), _before(lines, found)
    return {
        line.external_id: max(0, left[line.external_id] - (gone[line.external_id] - line.quantity_cancelled))
        for line in lines
    }


def _before(lines: Iterable[OrderLine], told: Iterable[Command]) -> dict[str, int]:
    """Units per line id that are cancelled: by what was read, or by our own wishes where that is more."""
    wished = [each.payload[writes.GONE] for each in writes.cancellations(told)]
    return {
        line.external_id: max([line.quantity_cancelled, *(each.get(line.external_id, 0) for each in wished)])
        for line in lines
    }


def _check(order: Order, units: Mapping[str, int], left: Mapping[str, int]) -> None:
    if order.fulfilment == "marketplace":
        raise ValidationError(f"order {order.external_id} is shipped by the marketplace")
    if order.status not in selectors.OPEN:
        raise ValidationError(
            f"order {order.external_id} is {order.status.replace('_', ' ')}: nothing is left to cancel"
        )
    for line, count in units.items():
        if line not in left:
            raise ValidationError(f"order {order.external_id} has no line {line}")
        if count > left[line]:
            raise ValidationError(f"line {line}: {count} units are more than the {left[line]} that no parcel holds")
