"""Our own goods: units come and go by moves, orders reserve them, and nothing is promised twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F

from config.core import clock
from inventory.models import Holding, MoveKind, Shortage, StockMove, Warehouse
from inventory.models.ledger import INCOMING, OUTGOING, RESTOCK_REASONS, WRITE_OFF_REASONS
from inventory.reserving import Shelf
from inventory.services import reservations, shelves

LARGEST = 10_000_000
_COUNTED = (MoveKind.OPENING, MoveKind.CORRECTION)
_FACTS = (MoveKind.CORRECTION, MoveKind.WRITE_OFF)
_REASONS = {MoveKind.RESTOCK: RESTOCK_REASONS, MoveKind.WRITE_OFF: WRITE_OFF_REASONS}
_NEWEST_HELD = """
SELECT id, sku_id, warehouse_id, held FROM inventory_reservation
WHERE held > 0 AND sku_id = ANY(%s) ORDER BY order_line_id = ANY(%s) DESC, reserved_at DESC, id DESC
"""
_RELEASE = """
WITH given AS (SELECT * FROM unnest(%(ids)s::bigint[], %(units)s::int[]) AS given(id, units)), released AS (
    UPDATE inventory_reservation claim SET held = claim.held - given.units, changed_at = %(now)s
    FROM given WHERE given.id = claim.id RETURNING claim.order_line_id, claim.sku_id, given.units
)
INSERT INTO inventory_shortage (order_line_id, account_id, sku_id, missing, unbacked, absorbed, since, changed_at)
SELECT line.id, line.account_id, released.sku_id, sum(released.units), 0, 0, %(now)s, %(now)s
FROM released JOIN inventory_orderline line ON line.id = released.order_line_id GROUP BY 1, 2, 3
ON CONFLICT (order_line_id, sku_id) DO UPDATE SET missing = inventory_shortage.missing + excluded.missing, changed_at = %(now)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Units that came (plus) or went (minus) at a moment; `key` makes a repeat the same move."""

    warehouse_id: int
    sku_id: int
    kind: MoveKind
    quantity: int
    key: str
    happened_at: datetime | None = None
    reason: str = ""
    note: str = ""
    reference: str = ""
    account_id: int | None = None

    @property
    def shelf(self) -> Shelf:
        return (self.sku_id, self.warehouse_id)


def move(moves: Sequence[Move], *, by: str, instead_of: Iterable[int] = ()) -> int:
    """Record moves, all or none, serve the orders that wait for what came, and return how many are new.

    What was recorded under its key before is left out; another move under that key is refused. Units that are reserved
    cannot be sent elsewhere; a count or a write-off tells a fact, so it takes them from orders, which become shortages: from
    the order lines `instead_of` which nothing is sent, then from the newest. Raises ValidationError.
    """
    for each in moves:
        _check(each)
    if not moves:
        return 0
    with transaction.atomic():
        shelves.make(each.shelf for each in moves)
        free = shelves.lock(each.sku_id for each in moves)
        fresh = _fresh(moves)
        if fresh:
            _make_room(fresh, free, list(instead_of))
            _record(fresh, free, by)
    return len(fresh)


def _fresh(moves: Sequence[Move]) -> list[Move]:
    """Each key once, without those that were recorded before; raises ValidationError where a key means two moves."""
    found = StockMove.objects.filter(key__in={each.key for each in moves})
    known = {key: told for key, *told in found.values_list("key", "sku_id", "warehouse_id", "kind", "quantity")}
    fresh: dict[str, Move] = {}
    for each in moves:
        told = [*each.shelf, each.kind, each.quantity]
        first = fresh.setdefault(each.key, each)
        if known.get(each.key, [*first.shelf, first.kind, first.quantity]) != told:
            raise ValidationError(f"the key {each.key!r} is that of another move; give this one a key of its own")
    return [each for key, each in fresh.items() if key not in known]


def record(moves: Sequence[Move], *, by: str) -> int:
    """Moves that somebody outside tells of: only places of our own, and nothing that orders do by themselves."""
    foreign = Warehouse.objects.filter(pk__in={each.warehouse_id for each in moves}, account__isnull=False).first()
    if foreign:
        raise ValidationError(f"{foreign} is a marketplace's own: its stock is read, never written")
    return move(moves, by=by)


def reserve_orders(account_id: int, order_ids: Sequence[int]) -> None:
    """Reserve what the orders of an account need from the warehouses that feed it, take out what has left, release what is
    cancelled; safe to repeat.
    """
    reservations.settle(order_ids)


def _record(moves: Sequence[Move], free: dict[Shelf, int], by: str) -> None:
    now, net = clock.now(), _net(moves)
    StockMove.objects.bulk_create(
        StockMove(
            warehouse_id=each.warehouse_id, sku_id=each.sku_id, kind=each.kind, quantity=each.quantity, key=each.key,
            reason=each.reason, note=each.note[:200], reference=each.reference[:120], account_id=each.account_id,
            happened_at=each.happened_at or now, recorded_at=now, recorded_by=by[:150],
        )
        for each in moves
    )  # fmt: skip
    _absorb({each.sku_id for each in moves if each.kind in _COUNTED})
    feeds, is_published = shelves.feeds()
    left = {shelf: units + net[shelf] for shelf, units in free.items()}
    if any(units > 0 for units in net.values()):
        reservations.serve_waiting(left, feeds)
    shelves.tell_offers(is_published)


def _check(each: Move) -> None:
    """Raise ValidationError for what no move can be."""
    if not 0 < abs(each.quantity) <= LARGEST:
        raise ValidationError(f"a move is of 1 to {LARGEST:,} units")
    if (each.kind in INCOMING and each.quantity < 0) or (each.kind in OUTGOING and each.quantity > 0):
        raise ValidationError(f"a {each.kind.label} of {each.quantity:+} units has the wrong sign")
    reasons = _REASONS.get(each.kind)
    if reasons and each.reason not in reasons:
        raise ValidationError(f"a {each.kind.label} needs a reason: {', '.join(reasons)}")


def _net(moves: Sequence[Move]) -> Counter[Shelf]:
    net: Counter[Shelf] = Counter()
    for each in moves:
        net[each.shelf] += each.quantity
    return net


def _make_room(moves: Sequence[Move], free: dict[Shelf, int], instead_of: list[int]) -> None:
    """Refuse what is not there; where a fact takes reserved units, orders give them up."""
    net = _net(moves)
    lacking = {shelf: -(free.get(shelf, 0) + units) for shelf, units in net.items() if free.get(shelf, 0) + units < 0}
    if not lacking:
        return
    facts = {each.shelf for each in moves if each.kind in _FACTS}
    for row in Holding.objects.filter(sku_id__in={sku for sku, _ in lacking}).select_related("sku", "warehouse"):
        shelf = (row.sku_id, row.warehouse_id)
        there = row.on_hand if shelf in facts else row.available
        if shelf in lacking and there + net[shelf] < 0:
            raise ValidationError(f"{row.warehouse} has {there} units of {row.sku.code}, not {-net[shelf]}")
    for shelf in lacking:
        free[shelf] = free.get(shelf, 0) + lacking[shelf]
    _release(lacking, instead_of)


def _release(lacking: dict[Shelf, int], instead_of: list[int]) -> None:
    wanted, taken = dict(lacking), []
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_HELD, [sorted({sku for sku, _ in lacking}), instead_of])
        for pk, sku, warehouse, held in cursor.fetchall():
            units = min(held, wanted.get((sku, warehouse), 0))
            if units > 0:
                wanted[sku, warehouse] -= units
                taken.append((pk, units))
        ids, units_each = (list(column) for column in zip(*taken, strict=True))
        cursor.execute(_RELEASE, {"ids": ids, "units": units_each, "now": clock.now()})


def _absorb(sku_ids: set[int]) -> None:
    """What was counted had already lost the units that left without the ledger knowing."""
    if sku_ids:
        Shortage.objects.filter(sku_id__in=sku_ids, unbacked__gt=0).update(
            absorbed=F("absorbed") + F("unbacked"), unbacked=0, changed_at=clock.now()
        )


def shelves_of(sku_ids: Iterable[int]) -> dict[Shelf, int]:
    """Units on hand on each shelf of our own of these SKUs."""
    found = Holding.objects.filter(sku_id__in=list(sku_ids)).values_list("sku_id", "warehouse_id", "on_hand")
    return {(sku, warehouse): units for sku, warehouse, units in found}
