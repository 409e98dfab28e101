"""Which order line is a statement line about? The rule as plain functions: the oracle of the matching in SQL; pure.

Layers, the first that applies: 1 the line's own id, unless the product it names is another line of the order; 2 order and
product; 3 order and amount; 4 what other documents say; 5 a charge of the whole order, spread; 6 the ledger of its class;
7 quarantine. Each gives a reason, and one order line; only the fifth gives several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from config.core.money import STORED_PLACES, Money, minor_unit, split
from finance.classes import AMOUNTS, OF_REFUND, PLACES, REFUNDS, WHOLE_ORDER, Scope
from marketplaces.canonical import LineClass

TOLERANCE = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An order line: `names` are all names its product goes by, `remote_id` the first; `amounts` for the whole line."""

    id: int
    order_ref: str
    line_ref: str
    remote_id: str = ""
    is_cancelled: bool = False
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
    statement: int = 0
    currency: str = "EUR"
    remote_id: str = ""
    shipment_ref: str = ""
    reference: str = ""
    names: frozenset[str] = frozenset()
    quantity: int | None = None
    posted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A return of an order; `line_ref` blank where it names only the product."""

    order_ref: str
    ref: str
    line_ref: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """What else is known of an account: its order lines by order, parcels (order and parcel: line ids), returns."""

    items: Mapping[str, Sequence[Item]]
    parcels: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    returns: Sequence[Back] = ()


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Where a statement line belongs; `item_id` None where it belongs to no order line."""

    line_id: int
    item_id: int | None
    layer: int
    reason: str
    amount: Decimal


def match(
    lines: Sequence[Amount], items: Iterable[Item], *, returns: Sequence[Back] = (),
    parcels: Mapping[tuple[str, str], frozenset[str]] | None = None,
) -> list[Found]:  # fmt: skip
    """Match all lines that an account's statements ever had against its order lines."""
    by_order: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_order[item.order_ref].append(item)
    known = Documents(items=by_order, parcels=parcels or {}, returns=returns)
    named = {(line.order_ref, line.line_ref, line.remote_id) for line in lines}
    first = [_one(line, by_order.get(line.order_ref, []), named) for line in lines]
    followed = _with_their_event(lines, first)
    chained = list(_chained(lines, followed, known))
    refunded = _refunded(lines, followed)
    return [part for line, found in zip(lines, chained, strict=True) for part in _spread(line, found, known, refunded)]


Named = set[tuple[str, str, str]]


def _one(line: Amount, items: Sequence[Item], named: Named) -> Found:
    if line.home is Scope.QUARANTINE:
        return Found(line.id, None, 7, "no_ledger", line.amount)
    if line.home is not Scope.ORDER:
        return Found(line.id, None, 6, "ledger", line.amount)
    exact = [item for item in items if line.line_ref and item.line_ref == line.line_ref]
    if exact and not _is_refuted(line, exact[0], items, named):
        return Found(line.id, exact[0].id, 1, "line_id", line.amount)
    return _by_product(line, items) if line.names else _by_amount(line, items)


def _is_refuted(line: Amount, item: Item, items: Sequence[Item], named: Named) -> bool:
    """Whether the product says that the line id means another line: here, or where the id stands beside a product."""
    others = {other.remote_id for other in items} - {item.remote_id, ""}
    if line.remote_id:
        return line.remote_id in others
    return any((line.order_ref, line.line_ref, other) in named for other in others)


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
    return line.statement, line.order_ref, line.line_ref, line.posted_at


Evidence = dict[tuple[str, str, str], set[int]]


def _chained(lines: Sequence[Amount], found: Sequence[Found], known: Documents) -> Iterator[Found]:
    """Layer 4: what rows matched by id or product, parcels and returns say about those left over."""
    told: Evidence = defaultdict(set)
    for line, result in zip(lines, found, strict=True):
        if result.layer in (1, 2) and result.item_id:
            told["shipment", "", line.shipment_ref].add(result.item_id)
            told["reference", line.order_ref, line.reference].add(result.item_id)
            told["line", line.order_ref, line.line_ref].add(result.item_id)
    by_id = {item.id: item for items in known.items.values() for item in items}
    for line, result in zip(lines, found, strict=True):
        is_left = result.item_id is None and line.home in (Scope.ORDER, Scope.SHIPMENT)
        yield _led(line, result, _hints(line, result, known, told), by_id) if is_left else result


def _hints(line: Amount, found: Found, known: Documents, told: Evidence) -> Iterator[tuple[str, set[int]]]:
    items = known.items.get(line.order_ref, ())
    parcel = line.shipment_ref or ("" if found.reason == "no_line" else line.order_ref)
    shipped = known.parcels.get((line.order_ref, parcel), frozenset()) if parcel else frozenset()
    yield "shipment", _of(told, "shipment", "", parcel) | {item.id for item in items if item.line_ref in shipped}
    yield "return", {item.id for back in known.returns for item in items if _came_back(line, item, back)}
    if line.order_ref:
        same = _of(told, "reference", line.order_ref, line.reference)
        yield "same_group", same | _of(told, "line", line.order_ref, line.line_ref)


def _of(told: Evidence, kind: str, order_ref: str, name: str) -> set[int]:
    return told.get((kind, order_ref, name), set()) if name else set()


def _came_back(line: Amount, item: Item, back: Back) -> bool:
    is_item = item.line_ref == back.line_ref or (not back.line_ref and item.remote_id == back.remote_id)
    is_named = bool(line.reference) and line.reference == back.ref
    is_paid_back = line.line_class.value in REFUNDS and has_amount(line, item)
    return back.order_ref == item.order_ref and is_item and (is_named or is_paid_back)


def _led(
    line: Amount, found: Found, hints: Iterable[tuple[str, set[int]]], by_id: Mapping[int, Item]
) -> Found:  # fmt: skip
    for reason, ids in hints:
        fit = [
            pk
            for pk in ids
            if (found.reason != "no_line" or by_id[pk].order_ref == line.order_ref)
            and (not line.names or (line.remote_id and by_id[pk].remote_id == line.remote_id))
        ]
        if len(fit) == 1:
            return replace(found, item_id=fit[0], layer=4, reason=reason)
    return found


def _refunded(lines: Sequence[Amount], found: Sequence[Found]) -> Mapping[str, set[int]]:
    """By order, the lines that rows matched by id or product pay back."""
    told: dict[str, set[int]] = defaultdict(set)
    for line, result in zip(lines, found, strict=True):
        if line.line_class is LineClass.REFUND_PRINCIPAL and result.layer in (1, 2) and result.item_id:
            told[line.order_ref].add(result.item_id)
    return told


def _spread(line: Amount, found: Found, known: Documents, refunded: Mapping[str, set[int]]) -> list[Found]:
    """Layer 5: a charge of the whole order over its lines by what they are worth, to the smallest payable amount; what
    goes with a refund over the refunded ones, if any is known."""
    paid_back = refunded.get(line.order_ref) if line.line_class.value in OF_REFUND else None
    items = sorted(known.items.get(line.order_ref, ()), key=lambda item: item.id)
    items = [item for item in items if not paid_back or item.id in paid_back]
    values = [_value(item) for item in items]
    weights = [value for value in values if value is not None]
    is_whole = found.reason == "no_line" and not line.names and not line.line_ref
    if not is_whole or line.line_class.value not in WHOLE_ORDER or len(weights) < len(items):
        return [found]
    unit = minor_unit(line.currency)
    parts = split(Money(line.amount, line.currency), weights, unit=STORED_PLACES if line.amount % unit else unit)
    return [
        replace(found, item_id=item.id, layer=5, reason="by_value", amount=part.amount)
        for item, part in zip(items, parts, strict=True)
        if part.amount or not line.amount
    ]


def _value(item: Item) -> Decimal | None:
    total = item.amounts.get("item_total")
    if total is None:
        return None
    return Decimal(0) if item.is_cancelled else max(total - (item.amounts.get("discount") or 0), Decimal(0))
