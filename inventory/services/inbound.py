"""Goods on their way: planned, ordered, sent, received in parts, closed. What comes to our own places moves stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from inventory.models import (
    InboundKind,
    InboundLine,
    InboundReceipt,
    InboundShipment,
    InboundState,
    MoveKind,
    Warehouse,
)
from inventory.services import stock
from inventory.services.stock import Move
from inventory.states import INBOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A purchase, or with an `origin` a transfer: units per SKU id, and why each was wanted."""

    destination: Warehouse
    units: Mapping[int, int]
    origin: Warehouse | None = None
    supplier: str = ""
    reference: str = ""
    expected_on: date | None = None
    external_ref: str = ""
    note: str = ""
    why: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@transaction.atomic
def plan(draft: Draft, *, by: str) -> InboundShipment:
    """Write down what is to come; raises ValidationError. Without a reference it gets the next number."""
    if not draft.units or min(draft.units.values()) < 1:
        raise ValidationError("goods on their way need at least one unit of each SKU")
    if draft.origin and draft.origin == draft.destination:
        raise ValidationError("a transfer ends in another place than it begins")
    if draft.reference and InboundShipment.objects.filter(reference=draft.reference).exists():
        raise ValidationError(f"there is a shipment {draft.reference} already")
    kind = InboundKind.TRANSFER if draft.origin else InboundKind.PURCHASE
    made = InboundShipment.objects.create(
        reference=draft.reference or _next_reference(kind), kind=kind, supplier=draft.supplier[:120],
        origin=draft.origin, destination=draft.destination, expected_on=draft.expected_on,
        external_ref=draft.external_ref[:120], note=draft.note[:300], created_by=by[:150],
    )  # fmt: skip
    InboundLine.objects.bulk_create(
        InboundLine(shipment=made, sku_id=sku, quantity=units, why=dict(draft.why.get(sku, {})))
        for sku, units in sorted(draft.units.items())
    )
    return made


def order(shipment: InboundShipment, *, on: date, expected_on: date | None) -> InboundShipment:
    """The supplier, or our own people, were told to send it."""
    if expected_on and expected_on < on:
        raise ValidationError("goods cannot come before they are ordered")
    return _go(shipment, InboundState.ORDERED, ordered_on=on, expected_on=expected_on or shipment.expected_on)


@transaction.atomic
def send(shipment: InboundShipment, *, by: str, expected_on: date | None = None) -> InboundShipment:
    """It has left; a transfer takes its units from our own shelves. Raises ValidationError where they are not there."""
    held = _go(shipment, InboundState.IN_TRANSIT, expected_on=expected_on or shipment.expected_on)
    if held.origin and held.origin.account_id is None:
        stock.move(
            [
                Move(warehouse_id=held.origin.pk, sku_id=line.sku_id, kind=MoveKind.TRANSFER_OUT,
                     quantity=-line.quantity, key=f"inbound:{line.pk}:sent", reference=held.reference)
                for line in held.lines.order_by("pk")
            ],
            by=by,
        )  # fmt: skip
    return held


@transaction.atomic
def receive(
    shipment: InboundShipment, units: Mapping[int, int], *, key: str, by: str, at: datetime | None = None
) -> InboundShipment:
    """Units per SKU id that came; the same `key` counts once, and what is complete closes by itself."""
    held = _held(shipment)
    if held.state != InboundState.RECEIVING:
        _check(held, InboundState.RECEIVING)
    lines = {line.sku_id: line for line in held.lines.select_for_update().order_by("pk")}
    foreign = [sku for sku, count in units.items() if sku not in lines or count < 0]
    if foreign or not any(units.values()):
        raise ValidationError(f"say how many units came of SKUs that are on {held.reference}")
    if InboundReceipt.objects.filter(line__in=[line.pk for line in lines.values()], key=key).exists():
        return held
    came = {lines[sku]: count for sku, count in units.items() if count}
    moment = at or clock.now()
    InboundReceipt.objects.bulk_create(
        InboundReceipt(line=line, key=key, units=count, received_at=moment, received_by=by[:150])
        for line, count in came.items()
    )
    for line, count in came.items():
        line.received += count
    InboundLine.objects.bulk_update(came, ["received"])
    _shelve(held, came, key=key, by=by, at=moment)
    is_complete = all(line.received >= line.quantity for line in lines.values())
    held.state = InboundState.CLOSED if is_complete else InboundState.RECEIVING
    held.closed_on = moment.date() if is_complete else None
    held.save(update_fields=["state", "closed_on", "updated_at"])
    return held


def _shelve(held: InboundShipment, came: Mapping[InboundLine, int], *, key: str, by: str, at: datetime) -> None:
    """What comes to a place of our own is a move; a marketplace's pool counts for itself."""
    if held.destination.account_id is not None:
        return
    kind = MoveKind.TRANSFER_IN if held.kind == InboundKind.TRANSFER else MoveKind.RECEIPT
    stock.move(
        [
            Move(warehouse_id=held.destination_id, sku_id=line.sku_id, kind=kind, quantity=count,
                 key=f"inbound:{line.pk}:{key}"[:200], reference=held.reference, happened_at=at)
            for line, count in came.items()
        ],
        by=by,
    )  # fmt: skip


def close(shipment: InboundShipment) -> InboundShipment:
    """No more will come; what is missing is a shortage from now on."""
    return _go(shipment, InboundState.CLOSED, closed_on=clock.now().date())


def cancel(shipment: InboundShipment) -> InboundShipment:
    """It will not come; only what has not left can be cancelled."""
    return _go(shipment, InboundState.CANCELLED)


@transaction.atomic
def _go(shipment: InboundShipment, state: InboundState, **facts: Any) -> InboundShipment:
    held = _held(shipment)
    _check(held, state)
    for name, value in {"state": state, **facts}.items():
        setattr(held, name, value)
    held.save(update_fields=["state", *facts, "updated_at"])
    return held


def _held(shipment: InboundShipment) -> InboundShipment:
    rows = InboundShipment.objects.select_for_update(of=("self",)).select_related("origin", "destination")
    return rows.get(pk=shipment.pk)


def _check(held: InboundShipment, state: InboundState) -> None:
    if state not in INBOUND[held.state]:
        raise ValidationError(f"{held.reference} is {held.get_state_display()}: it cannot become {state.label}")


def _next_reference(kind: InboundKind) -> str:
    prefix = "TR" if kind == InboundKind.TRANSFER else "PO"
    newest = InboundShipment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return f"{prefix}-{newest + 1:05d}"
