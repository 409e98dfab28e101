"""Counts: proposed, agreed to by a second person where the difference is large, booked as corrections."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from inventory import selectors
from inventory.models import CountLine, CountState, MoveKind, StockCount, Warehouse
from inventory.services import stock
from inventory.services.stock import Move


@transaction.atomic
def propose(warehouse: Warehouse, counted: Mapping[int, int], *, by: str, note: str = "") -> StockCount:
    """Write down how many units of each SKU id were found; small differences are booked at once.

    Raises ValidationError for a place that is not ours or a number that cannot be.
    """
    if warehouse.account_id is not None:
        raise ValidationError(f"{warehouse} is a marketplace's own: its stock is read, never written")
    if not counted or not all(0 <= units <= stock.LARGEST for units in counted.values()):
        raise ValidationError(f"a count names SKUs with 0 to {stock.LARGEST:,} units each")
    there = stock.shelves_of(counted)
    made = StockCount.objects.create(
        warehouse=warehouse, note=note[:200], proposed_by=by[:150], proposed_at=clock.now()
    )
    CountLine.objects.bulk_create(
        CountLine(count=made, sku_id=sku, counted=units, expected=there.get((sku, warehouse.pk), 0))
        for sku, units in sorted(counted.items())
    )
    if sum(abs(line.difference) for line in made.lines.all()) < selectors.stock_policy().approve_from:
        return _apply(made, by=by, decision="below the limit")
    return made


@transaction.atomic
def approve(count: StockCount, *, by: str) -> StockCount:
    """A second person agrees, and the differences are booked; whoever counted cannot agree to it."""
    held = _waiting(count)
    if held.proposed_by == by:
        raise ValidationError("whoever counted cannot agree to it; ask somebody else")
    return _apply(held, by=by, decision="agreed")


@transaction.atomic
def reject(count: StockCount, *, by: str, reason: str) -> StockCount:
    """The count is not believed; nothing is booked."""
    return _decide(_waiting(count), CountState.REJECTED, by=by, decision=reason)


def _waiting(count: StockCount) -> StockCount:
    held = StockCount.objects.select_for_update().get(pk=count.pk)
    if held.state != CountState.PROPOSED:
        raise ValidationError(f"this count is {held.get_state_display().lower()} already")
    return held


def _apply(count: StockCount, *, by: str, decision: str) -> StockCount:
    """Book the differences; the first units ever seen of a SKU open its account."""
    lines = [line for line in count.lines.all() if line.difference]
    known = set(stock.shelves_of(line.sku_id for line in lines))
    stock.move(
        [
            Move(
                warehouse_id=count.warehouse_id, sku_id=line.sku_id, quantity=line.difference,
                kind=MoveKind.CORRECTION if (line.sku_id, count.warehouse_id) in known else MoveKind.OPENING,
                key=f"count:{line.pk}", reference=f"count {count.pk}", note=count.note,
            )
            for line in lines
        ],
        by=by,
    )  # fmt: skip
    return _decide(count, CountState.APPLIED, by=by, decision=decision)


def _decide(count: StockCount, state: CountState, *, by: str, decision: str) -> StockCount:
    count.state, count.decided_by, count.decided_at, count.decision = state, by[:150], clock.now(), decision[:200]
    count.save()
    return count
