"""Units of an order that we cannot or will not send: cancelled at the marketplace; the order itself changes when it is read.

Those that are out of stock are not on the shelf that the books name: they are written off, so that nobody else is offered them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from inventory import selectors
from inventory.models import MoveKind, Order, OrderLine, Reservation
from inventory.services import planning, shipments, stock
from marketplaces import selectors as asked
from marketplaces import subjects
from marketplaces.canonical import CancelReason
from marketplaces.models import Command
from marketplaces.services import writes


def cancel(order: Order, wanted: writes.Cancelled, wish: writes.Wish) -> Command:
    """Ask the marketplace to cancel open units that no parcel holds; raises ValidationError.

    The order is locked, so that nobody packs or cancels the same units at once.
    """
    with transaction.atomic():
        held = Order.objects.select_for_update(of=("self",)).select_related("account").get(pk=order.pk)
        lines = list(selectors.lines_of(order=held))
        found = list(asked.commands_about(account_id=held.account_id, subject=subjects.order(held.external_id)))
        gone = shipments.cancelled(lines, found)
        if all(each.key != writes.cancellation_key(wish) for each in found):
            _check_alone(lines, wanted.units, gone)
            _check(held, wanted.units, planning.free(lines, found, planning.waiting_items(held)))
            if wanted.reason is CancelReason.OUT_OF_STOCK:
                mine = (line for line in lines if line.external_id in wanted.units)
                _write_off(held, {line.pk: wanted.units[line.external_id] for line in mine}, wish)
        wanted = replace(wanted, before=gone)
        return writes.cancellation(held.account, held.external_id, wanted, wish, channel=held.channel)


def _write_off(order: Order, units: Mapping[int, int], wish: writes.Wish) -> None:
    """What the lines (by id) hold of these units leaves the books. Of a bundle nobody says what is missing: a count has to."""
    claims = Reservation.objects.filter(order_line__in=units, held__gt=0, sku=F("order_line__sku")).order_by("pk")
    left, moves = dict(units), []
    for claim in claims:
        if gone := min(claim.held, left[claim.order_line_id]):
            left[claim.order_line_id] -= gone
            moves.append(
                stock.Move(
                    warehouse_id=claim.warehouse_id, sku_id=claim.sku_id, kind=MoveKind.WRITE_OFF, quantity=-gone,
                    key=f"{writes.cancellation_key(wish)}:{claim.pk}", reason="lost", note="cancelled as out of stock",
                    reference=order.external_id, account_id=order.account_id,
                )
            )  # fmt: skip
    stock.move(moves, by=wish.asked_by, instead_of=units)


def _check_alone(lines: Sequence[OrderLine], units: Mapping[str, int], gone: Mapping[str, int]) -> None:
    """A line has one cancellation on its way at a time, so that a refused one is never counted into the next."""
    for line in lines:
        if line.external_id in units and gone[line.external_id] > line.quantity_cancelled:
            raise ValidationError(f"line {line.external_id} is being cancelled already; wait until the order shows it")


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
