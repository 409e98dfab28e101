"""Proposals to order that a person approves: they become planned purchases and transfers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from config.core import clock
from inventory.models import Coverage, InboundShipment, Warehouse
from inventory.services import inbound
from inventory.services.inbound import Draft

Key = tuple[str, int | None, int | None, bool]


@transaction.atomic
def approve(coverage_ids: Iterable[int], *, by: str) -> list[InboundShipment]:
    """One planned purchase per supplier and place, and one transfer per pair of places; raises ValidationError.

    What was approved counts as on its way at once, so the same proposal cannot be approved twice.
    """
    wanted = Coverage.objects.select_for_update(of=("self",)).select_related("sku", "warehouse", "transfer_from")
    rows = list(wanted.filter(pk__in=list(coverage_ids), proposed__gt=0).order_by("pk"))
    if not rows:
        raise ValidationError("nothing of this is proposed any more; it was approved or measured anew")
    parts: dict[Key, dict[Coverage, int]] = defaultdict(dict)
    for row in rows:
        moved = row.transfer
        if moved:
            parts["", row.warehouse_id, row.transfer_from_id, True][row] = moved
        if (row.proposed or 0) > moved:
            parts[row.sku.supplier, row.warehouse_id, None, False][row] = (row.proposed or 0) - moved
    made = [_plan(key, units, by=by) for key, units in sorted(parts.items(), key=lambda part: str(part[0]))]
    Coverage.objects.filter(pk__in=[row.pk for row in rows]).update(
        ordered=F("ordered") + F("proposed"), proposed=0, transfer=0, transfer_from=None, proposal_why="enough"
    )
    return made


def _plan(key: Key, units: dict[Coverage, int], *, by: str) -> InboundShipment:
    supplier, _, _, is_transfer = key
    first = next(iter(units))
    own = Warehouse.objects.filter(account=None).order_by("pk").first()
    destination = first.warehouse or own
    origin = (first.transfer_from or own) if is_transfer else None
    if destination is None or (is_transfer and origin is None):
        raise ValidationError("set up a place of your own first: nobody could receive the goods")
    longest = max((row.lead_days or 0 for row in units), default=0)
    draft = Draft(
        destination=destination, origin=origin, supplier=supplier,
        units={row.sku_id: count for row, count in units.items()},
        expected_on=None if is_transfer else clock.now().date() + timedelta(days=longest),
        why={row.sku_id: _why(row) for row in units},
    )  # fmt: skip
    return inbound.plan(draft, by=by)


def _why(row: Coverage) -> dict[str, str]:
    """The inputs of the proposal as they were, so that it can be checked later."""
    names = (
        "velocity", "days", "available", "ordered", "lead_days", "lead_deviation", "safety_stock", "reorder_point",
        "proposed", "computed_at",
    )  # fmt: skip
    return {name: str(value) for name in names if (value := getattr(row, name)) is not None}
