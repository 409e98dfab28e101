"""Which order line is a statement line about? The rule as plain functions: the oracle of the matching in SQL; pure.

Layers, the first that applies: 1 the line's own id; 2 order and product; 3 order and amount; 6 the ledger of its class;
7 quarantine. Each gives at most one order line, and a reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from finance.classes import AMOUNTS, PLACES, Scope
from marketplaces.canonical import LineClass

TOLERANCE = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An order line: `names` are all names its product goes by; `amounts` by field, for the whole line."""

    id: int
    order_ref: str
    line_ref: str
    names: frozenset[str] = frozenset()
    quantities: frozenset[int] = frozenset()
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A statement line. `names` are the product names it carries, none where it says nothing about a product."""

    id: int
    home: Scope
    line_class: LineClass
    amount: Decimal
    order_ref: str = ""
    line_ref: str = ""
    names: frozenset[str] = frozenset()
    quantity: int | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Where a statement line belongs; `item_id` None where it belongs to no order line."""

    line_id: int
    item_id: int | None
    layer: int
    reason: str
    amount: Decimal


def match(lines: Sequence[Amount], items: Iterable[Item]) -> list[Found]:
    """Match the lines of one statement against the order lines of its account."""
    by_order: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_order[item.order_ref].append(item)
    first = [_one(line, by_order.get(line.order_ref, [])) for line in lines]
    return _with_their_event(lines, first)


def _one(line: Amount, items: Sequence[Item]) -> Found:
    if line.home is Scope.QUARANTINE:
        return Found(line.id, None, 7, "no_ledger", line.amount)
    if line.home is not Scope.ORDER:
        return Found(line.id, None, 6, "ledger", line.amount)
    exact = [item for item in items if line.line_ref and item.line_ref == line.line_ref]
    if exact:
        return Found(line.id, exact[0].id, 1, "line_id", line.amount)
    return _by_product(line, items) if line.names else _by_amount(line, items)


def _by_product(line: Amount, items: Sequence[Item]) -> Found:
    same = [item for item in items if item.names & line.names]
    if len(same) > 1:
        quantity = [item for item in same if line.quantity is not None and abs(line.quantity) in item.quantities]
        priced = [item for item in same if has_amount(line, item)]
        for candidates, reason in ((quantity, "product_quantity"), (priced, "product_amount")):
            if len(candidates) == 1:
                return Found(line.id, candidates[0].id, 2, reason, line.amount)
    if len(same) == 1:
        return Found(line.id, same[0].id, 2, "product", line.amount)
    return _nowhere(line, items)


def _by_amount(line: Amount, items: Sequence[Item]) -> Found:
    priced = [item for item in items if has_amount(line, item)]
    if len(priced) == 1:
        return Found(line.id, priced[0].id, 3, "amount", line.amount)
    if len(items) == 1:
        return Found(line.id, items[0].id, 3, "only_line", line.amount)
    return _nowhere(line, items)


def _nowhere(line: Amount, items: Sequence[Item]) -> Found:
    if items:
        return Found(line.id, None, 7, "no_line", line.amount)
    if PLACES[line.line_class].is_soft:
        return Found(line.id, None, 6, "not_an_order", line.amount)
    return Found(line.id, None, 7, "no_order", line.amount)


def has_amount(line: Amount, item: Item) -> bool:
    """Whether the line repeats an amount of the order line, to the cent and whatever the sign; zero repeats nothing."""
    told = (item.amounts.get(name) for name in AMOUNTS.get(line.line_class, ()))
    return any(amount and abs(abs(line.amount) - abs(amount)) <= TOLERANCE for amount in told)


def _with_their_event(lines: Sequence[Amount], found: Sequence[Found]) -> list[Found]:
    """Rows booked together are about one order line: where an amount told which, the others of the event follow."""
    told: dict[tuple[object, ...], set[int]] = defaultdict(set)
    for line, result in zip(lines, found, strict=True):
        if result.reason == "amount" and result.item_id and line.line_ref:
            told[_event(line)].add(result.item_id)
    return [
        replace(result, item_id=next(iter(told[_event(line)])), layer=3, reason="same_event")
        if result.reason == "no_line" and not line.names and len(told.get(_event(line), ())) == 1
        else result
        for line, result in zip(lines, found, strict=True)
    ]


def _event(line: Amount) -> tuple[object, ...]:
    return line.order_ref, line.line_ref, line.posted_at
