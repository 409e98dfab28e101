"""Goods that came back are looked at by a person: what can be sold again goes to a shelf, the rest never does."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from catalog.models import Sku
from catalog.selectors import components
from config.core import clock
from inventory.models import MoveKind, Return, ReturnCheck, StockMove, Warehouse
from inventory.models.ledger import RESTOCK_REASONS, WRITE_OFF_REASONS
from inventory.services import stock
from inventory.services.stock import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of `units`; with a warehouse they can be sold again and go there, without one they are kept out."""

    units: int
    reason: str
    warehouse: Warehouse | None = None
    note: str = ""


def left(returned: Return) -> int:
    """Units that nobody has looked at yet."""
    looked_at = returned.checks.aggregate(units=Sum("units"))["units"]
    return returned.quantity - (looked_at or 0)


def check(returned: Return, finding: Finding, *, by: str) -> ReturnCheck:
    """Keep a finding; what is sellable is restocked in the same transaction. Raises ValidationError with the rule."""
    with transaction.atomic():
        held = Return.objects.select_for_update(of=("self",)).select_related("sku", "account").get(pk=returned.pk)
        _check(held, finding)
        made = ReturnCheck(
            returned=held, units=finding.units, is_sellable=finding.warehouse is not None, reason=finding.reason,
            note=finding.note[:200], checked_by=by[:150], checked_at=clock.now(),
        )  # fmt: skip
        if finding.warehouse and held.sku:
            made.move = _restocked(held, held.sku, finding.warehouse, finding, by)
        made.save()
    return made


def _check(held: Return, finding: Finding) -> None:
    reasons = RESTOCK_REASONS if finding.warehouse else WRITE_OFF_REASONS
    if finding.reason not in reasons:
        way = "restocked" if finding.warehouse else "kept out"
        raise ValidationError(f"goods are {way} for one of these reasons: {', '.join(reasons)}")
    if held.fulfilment == "marketplace":
        raise ValidationError("these goods came back to the marketplace's warehouse: its stock is read, never written")
    if not 0 < finding.units <= left(held):
        raise ValidationError(f"{left(held)} of {held.quantity} units are not looked at yet, not {finding.units}")
    if finding.warehouse and held.sku is None:
        raise ValidationError(f"{held.remote_id} is linked to no SKU yet; link it first")


def _restocked(held: Return, sku: Sku, house: Warehouse, finding: Finding, by: str) -> StockMove:
    """A bundle comes back as the pieces that it was packed from; the first of their moves stands for all."""
    pieces = components(sku_ids=[sku.pk]).get(sku.pk, {sku.pk: 1})
    moves = [
        Move(
            warehouse_id=house.pk, sku_id=piece, kind=MoveKind.RESTOCK, quantity=finding.units * count,
            key=f"return:{held.pk}:{held.checks.count()}:{piece}", reason=finding.reason, note=finding.note,
            reference=held.order_ref, account_id=held.account_id,
        )
        for piece, count in sorted(pieces.items())
    ]  # fmt: skip
    stock.record(moves, by=by)
    return StockMove.objects.get(key=moves[0].key)
