"""Which order line holds how many units of which warehouse; pure.

The answer follows from how the lines stand now and from what is free, not from the news that led there: told twice or
in another order, the same lines end in the same place. Units that left are taken from what the line held, then from
what is free; units that are still to leave are held, the oldest order first, from the account's warehouses by priority.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Shelf = tuple[int, int]  # SKU, warehouse
Want = tuple[int, int]  # order line, SKU
Feeds = Mapping[int, Sequence[int]]  # account -> warehouses by priority


@dataclass(frozen=True, slots=True)
class Line:
    """What an order line wants of one SKU: units that must stay promised (`to_hold`), and units that have left in all (`gone`).

    A bundle is one such want per component, each in pieces and promised for itself. `absorbed` units of those that left are
    no business of the ledger: a count has put them right, or they left before it began. `is_older`: the order was placed
    before the ledger fed its account.
    """

    id: int
    account_id: int
    sku_id: int
    to_hold: int
    gone: int
    ordered_at: datetime
    absorbed: int = 0
    is_older: bool = False

    @property
    def want(self) -> Want:
        return (self.id, self.sku_id)


@dataclass(slots=True)
class Claim:
    """What a line has of one shelf: units held, and units that have left."""

    held: int = 0
    shipped: int = 0


@dataclass(frozen=True, slots=True)
class Lack:
    """Units that cannot be promised, units that left without being there, and those of them that are put right."""

    missing: int = 0
    unbacked: int = 0
    absorbed: int = 0


Claims = Mapping[Want, Mapping[Shelf, Claim]]


@dataclass(slots=True)
class Plan:
    """What each line shall have of each shelf, what leaves a shelf now, what each line lacks, and what is free after it."""

    free: dict[Shelf, int]
    claims: dict[Want, dict[Shelf, Claim]] = field(default_factory=lambda: defaultdict(dict))
    leaving: dict[tuple[Want, Shelf], int] = field(default_factory=lambda: defaultdict(int))
    lacking: dict[Want, Lack] = field(default_factory=dict)

    def settle(self, line: Line, has: Mapping[Shelf, Claim]) -> int:
        """Turn held units into shipped ones and give back what is held too much; how many left without a claim."""
        owed = max(0, line.gone - line.absorbed - sum(claim.shipped for claim in has.values()))
        to_hold = line.to_hold
        for shelf, claim in has.items():
            shipped = min(owed, claim.held)
            kept = min(to_hold, claim.held - shipped)
            self.free[shelf] = self.free.get(shelf, 0) + claim.held - shipped - kept
            self.claims[line.want][shelf] = Claim(kept, claim.shipped + shipped)
            self._leave(line, shelf, shipped)
            owed, to_hold = owed - shipped, to_hold - kept
        return owed

    def take(self, line: Line, wanted: int, warehouses: Sequence[int], *, has_left: bool) -> int:
        """Take up to `wanted` free units for a line, warehouse by warehouse; how many were not there."""
        for shelf in ((line.sku_id, warehouse) for warehouse in warehouses):
            units = min(wanted, self.free.get(shelf, 0))
            if units <= 0:
                continue
            self.free[shelf] -= units
            wanted -= units
            claim = self.claims[line.want].setdefault(shelf, Claim())
            if has_left:
                claim.shipped += units
                self._leave(line, shelf, units)
            else:
                claim.held += units
        return wanted

    def _leave(self, line: Line, shelf: Shelf, units: int) -> None:
        if units:
            self.leaving[line.want, shelf] += units


def plan(lines: Iterable[Line], claims: Claims, free: Mapping[Shelf, int], feeds: Feeds) -> Plan:
    """Settle and release first, then give to what left already, then to what is still to leave, by age of the order.

    `claims` are what the lines have by now; `free` is what each shelf has on hand and not reserved.
    """
    made = Plan(dict(free))
    queue = sorted(lines, key=lambda line: (line.ordered_at, line.want))
    owed = {line.want: made.settle(line, claims.get(line.want, {})) for line in queue}
    for line in (line for line in queue if not line.is_older):
        owed[line.want] = made.take(line, owed[line.want], feeds.get(line.account_id, ()), has_left=True)
    for line in queue:
        wanted = line.to_hold - sum(claim.held for claim in made.claims[line.want].values())
        missing = made.take(line, wanted, feeds.get(line.account_id, ()), has_left=False)
        unbacked, absorbed = (0, owed[line.want]) if line.is_older else (owed[line.want], 0)
        made.lacking[line.want] = Lack(missing, unbacked, line.absorbed + absorbed)
    return made
