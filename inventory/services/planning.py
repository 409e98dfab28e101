"""What goes into which parcel: some or all open units of an order, once each, with weights from the master data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import NAMESPACE_OID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import Sku
from config.core import clock
from inventory import selectors
from inventory.carriers import registry, requests
from inventory.carriers.contract import Address
from inventory.models import Label, LabelKind, LabelState, Order, OrderLine, Parcel, ParcelItem, Shipment
from inventory.services import addresses, shipments
from marketplaces import selectors as asked
from marketplaces import subjects
from marketplaces.models import Command
from marketplaces.services import told_parcels, writes

PACKING_G = 120
"""Box and padding of a parcel whose weight nobody gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One parcel: units per line id, and what was weighed and measured where somebody did."""

    lines: Mapping[str, int]
    weight_g: int | None = None
    size_mm: tuple[int, int, int] | None = None


def free(lines: Sequence[OrderLine], found: Iterable[Command], waiting: Iterable[ParcelItem]) -> dict[str, int]:
    """Units per line id that nothing holds: neither told nor being cancelled, nor planned and not told yet (`waiting`)."""
    left = shipments.left(lines, found)
    held = Counter[str]()
    for item in waiting:
        held[item.line.external_id] += item.quantity
    return {line: max(0, units - held[line]) for line, units in left.items()}


def waiting_items(order: Order) -> list[ParcelItem]:
    """What is planned and was not told: no write of it is on its way or done."""
    found = ParcelItem.objects.filter(parcel__shipment__order=order, parcel__cancelled_at=None)
    rows = found.select_related("line", "parcel__command")
    return [item for item in rows if not is_told(item.parcel)]


def waiting_in(parcels: Iterable[Parcel]) -> list[ParcelItem]:
    """The same of parcels that are read already, with their items."""
    live = [parcel for parcel in parcels if not parcel.cancelled_at and not is_told(parcel)]
    return [item for parcel in live for item in parcel.items.all()]


def is_told(parcel: Parcel) -> bool:
    return parcel.command is not None and parcel.command.state not in writes.CAME_TO_NOTHING


def knows(label: Label) -> bool:
    """Whether the marketplace was told of the label's parcel under its number."""
    told = label.parcel.command
    if told is None or not is_told(label.parcel):
        return False
    is_same = told.payload.get("tracking_number") == label.tracking_number
    return is_same or told_parcels.numbers(told)[-1] == label.tracking_number


def plan(order: Order, pieces: Sequence[Piece], *, by: str, address: Address | None = None) -> Shipment:
    """Plan parcels; raises ValidationError when they hold more than is left, or when a weight is not known.

    The address is asked of the marketplace unless it is given. One that is not told leaves the shipment without, and a
    person enters it before a label is bought.
    """
    where = address or addresses.asked(order)
    with transaction.atomic():
        held = Order.objects.select_for_update(of=("self",)).select_related("account").get(pk=order.pk)
        lines = list(selectors.lines_of(order=held))
        _check(held, lines, pieces)
        shipment = Shipment(order=held, planned_by=by[:150], ship_to=requests.kept(where) if where else None)
        if where:
            shipment.fingerprint = addresses.fingerprint(held, where)
            shipment.is_doubled = addresses.twin(shipment) is not None
        shipment.save()
        for number, piece in enumerate(pieces, 1):
            _pack(shipment, number, piece, {line.external_id: line for line in lines})
    return shipment


def _check(order: Order, lines: Sequence[OrderLine], pieces: Sequence[Piece]) -> None:
    if order.fulfilment == "marketplace":
        raise ValidationError(f"order {order.external_id} is shipped by the marketplace")
    if order.status not in selectors.OPEN:
        raise ValidationError(
            f"order {order.external_id} is {order.status.replace('_', ' ')}: there is nothing to ship"
        )
    if not pieces or not all(piece.lines for piece in pieces):
        raise ValidationError("say how many units of which line go into each parcel")
    found = asked.commands_about(account_id=order.account_id, subject=subjects.order(order.external_id))
    left, wanted = free(lines, found, waiting_items(order)), Counter[str]()
    for piece in pieces:
        wanted.update(piece.lines)
    for line, units in wanted.items():
        if min(piece.lines.get(line, 1) for piece in pieces) < 1:
            raise ValidationError(f"line {line}: a parcel holds at least one unit of what is in it")
        if units > left.get(line, 0):
            raise ValidationError(f"line {line}: {units} units are more than the {left.get(line, 0)} left to pack")


def _pack(shipment: Shipment, number: int, piece: Piece, lines: Mapping[str, OrderLine]) -> None:
    length, width, height = piece.size_mm or (None, None, None)
    parcel = Parcel.objects.create(
        shipment=shipment, number=number, weight_g=piece.weight_g or weight(piece.lines, lines), length_mm=length,
        width_mm=width, height_mm=height,
    )  # fmt: skip
    ParcelItem.objects.bulk_create(
        ParcelItem(parcel=parcel, line=lines[line], quantity=units) for line, units in piece.lines.items()
    )


def weight(units: Mapping[str, int], lines: Mapping[str, OrderLine]) -> int:
    """Grams of the goods by their master data, with packing; raises ValidationError naming what has no weight."""
    grams = {line: told for line in units if (told := _grams(lines[line].sku)) is not None}
    if unknown := set(units) - set(grams):
        names = ", ".join(lines[line].remote_id or line for line in sorted(unknown))
        raise ValidationError(f"the weight of {names} is not known; weigh the parcel, or enter it with the product")
    return PACKING_G + sum(count * grams[line] for line, count in units.items())


def _grams(sku: Sku | None) -> int | None:
    """Of one piece; a bundle without a weight of its own weighs what it is packed from."""
    if sku is None or sku.weight_g is not None:
        return sku.weight_g if sku else None
    parts = [(part.component.weight_g, part.quantity) for part in sku.parts.select_related("component")]
    known = [each * count for each, count in parts if each is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def cancel(parcel: Parcel) -> Parcel:
    """Give the units back to the order; a label that is bought is cancelled first."""
    if is_told(parcel):
        raise ValidationError("the marketplace was told of this parcel; it cannot be taken back here")
    live = (LabelState.WANTED, LabelState.ASKED, LabelState.UNKNOWN, LabelState.BOUGHT)
    if Label.objects.filter(parcel=parcel, state__in=live).exists():
        raise ValidationError("cancel the labels of this parcel first")
    parcel.cancelled_at = clock.now()
    parcel.save(update_fields=["cancelled_at"])
    return parcel


def confirm(parcel: Parcel, *, by: str) -> Command:
    """Tell the marketplace that a parcel with a label has left, at its first scan or now; told again it is the same write.

    The number of the return label goes along, from the parcel's own label or the one bought apart. A parcel that got another
    label since it was told is corrected instead.
    """
    order, label = parcel.shipment.order, _bought(parcel, LabelKind.OUTBOUND)
    if label is None:
        raise ValidationError("the parcel has no label that is bought; buy one first")
    back = _bought(parcel, LabelKind.RETURN)
    carrier = registry.get(label.account.carrier).code
    number = (back or label).return_tracking_number
    numbered = shipments.Numbered(
        carrier=carrier, tracking_number=label.tracking_number, return_tracking_number=number,
        return_carrier=carrier if number else "",
    )  # fmt: skip
    if parcel.command is not None and is_told(parcel):
        return _corrected(parcel, parcel.command, label, numbered, by)
    told = writes.Parcel(
        **asdict(numbered),
        shipped_at=max(label.first_scan_at or clock.now(), order.ordered_at),
        lines={item.line.external_id: item.quantity for item in parcel.items.select_related("line")},
    )
    wish = _wish(order, f"parcel:{label.ref}:{parcel.command_id or 0}", by)
    with transaction.atomic():
        command = shipments.confirm(order, told, wish)
        Parcel.objects.filter(pk=parcel.pk).update(command=command)
    parcel.command = command
    return command


def _bought(parcel: Parcel, kind: LabelKind) -> Label | None:
    return (
        Label.objects.filter(parcel=parcel, kind=kind, state=LabelState.BOUGHT)
        .select_related("parcel__command")
        .first()
    )


def _corrected(parcel: Parcel, told: Command, label: Label, numbered: shipments.Numbered, by: str) -> Command:
    """The write that told the parcel, or the one that corrects its number to that of the label."""
    if knows(label):
        return told
    order = parcel.shipment.order
    return shipments.correct(order, told, numbered, _wish(order, f"corrects:{label.ref}:{told.pk}", by))


def _wish(order: Order, about: str, by: str) -> writes.Wish:
    return writes.Wish(request_id=uuid5(NAMESPACE_OID, f"{order.account_id}:{about}"), asked_by=by)
