"""Fee schedules: which version and tier holds for a sale, and of what it is a share; pure.

Of a schedule, the most specific key that fits counts (account before marketplace, then channel, category, programme,
currency), in the version of the sale's day; of its tiers the one of the price, weight and size per piece, the smallest
size first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from config.core.money import STORED_PLACES

_LACKS = ("no_category", "no_programme", "")
_NOTHING = Decimal(0)


class Rule(Protocol):
    """What is read of a row of a schedule; a `finance.models.FeeRule` is one."""

    id: int
    account_id: int | None
    marketplace: str
    channel: str
    category: str
    programme: str
    line_class: str
    valid_from: date
    is_end: bool
    currency: str
    basis: str
    rate: Decimal
    per_unit: Decimal
    per_line: Decimal
    per_order: Decimal
    per_volume: Decimal
    volume_unit: str
    minimum: Decimal | None
    maximum: Decimal | None
    is_limit_per_piece: bool
    price_from: Decimal | None
    price_below: Decimal | None
    is_marginal: bool
    weight_from_g: int | None
    weight_below_g: int | None
    longest_mm: int | None
    middle_mm: int | None
    shortest_mm: int | None
    volume_divisor: int | None
    rounding: str
    vat: str
    vat_rate: Decimal | None
    basis_includes_vat: bool
    tolerance: Decimal
    tolerance_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """An order line as its fees see it: for the `units` not cancelled, positive, as the store shows prices.

    `paid` is `item` with shipping and wrap. `tax` is the VAT told for the line: within `paid`, or apart from it.
    `estimate` is the marketplace's own on the order, positive, for these units. `sides_mm`: longest, middle, shortest of a
    piece. `worths`: what each line of the order is worth, this one at `place`; empty where it is the only one.
    `fee_vats`: by class of fee (blank: any other) what comes on top where the schedule does not say how much.
    """

    account_id: int
    marketplace: str = ""
    channel: str = ""
    category: str = ""
    programme: str = "unknown"
    day: date
    currency: str
    units: int
    item: Decimal | None = None
    paid: Decimal | None = None
    tax: Decimal | None = None
    is_tax_apart: bool = False
    weight_g: int | None = None
    sides_mm: tuple[int, int, int] | None = None
    worths: tuple[Decimal | None, ...] = ()
    place: int = 0
    fee_vats: Mapping[str, Decimal] = field(default_factory=dict)
    estimate: Decimal | None = None


def version(rules: Sequence[Rule], sale: Sale, line_class: str) -> tuple[list[Rule], str]:
    """The rows of the schedule that hold for this sale and class, and what the best of them lacks to fit it.

    Where the account's own schedule is complete (a row without a class holds), what is published does not count.
    """
    keys: dict[tuple[Any, ...], list[Rule]] = {}
    for rule in rules:
        if rule.line_class == line_class and rule.valid_from <= sale.day and _may_hold(rule, sale):
            keys.setdefault(_key(rule), []).append(rule)
    best: list[tuple[tuple[int, ...], list[Rule]]] = []
    for rows in keys.values():
        last = max(row.valid_from for row in rows)
        current = [row for row in rows if row.valid_from == last]
        if not any(row.is_end for row in current):
            best.append((_rank(current[0], sale), current))
    if line_class and is_complete(rules, sale):
        best = [(rank, rows) for rank, rows in best if rows[0].account_id is not None]
    if not best:
        return [], ""
    _, chosen = max(best, key=lambda each: each[0])
    return chosen, lacks(chosen[0], sale)


def is_complete(rules: Sequence[Rule], sale: Sale) -> bool:
    """Whether the account's own schedule says that it names every fee of such a sale."""
    rows, missing = version(rules, sale, "")
    return bool(rows) and not missing


def _key(rule: Rule) -> tuple[Any, ...]:
    return rule.account_id, rule.marketplace, rule.channel, rule.category, rule.programme, rule.currency


def _may_hold(rule: Rule, sale: Sale) -> bool:
    is_his = rule.account_id == sale.account_id or (rule.account_id is None and rule.marketplace == sale.marketplace)
    is_here = rule.channel in ("", sale.channel) and rule.currency in ("", sale.currency)
    return is_his and is_here and (rule.programme in ("", sale.programme) or sale.programme == "unknown")


def lacks(rule: Rule, sale: Sale) -> str:
    if rule.category not in ("", sale.category):
        return "no_category"
    return "" if rule.programme in ("", sale.programme) else "no_programme"


def _rank(rule: Rule, sale: Sale) -> tuple[int, ...]:
    named = (rule.account_id is not None, rule.channel, rule.category, rule.programme, rule.currency)
    return (_LACKS.index(lacks(rule, sale)), *map(bool, named))


def tier(rows: Sequence[Rule], sale: Sale) -> tuple[Rule | None, str]:
    """The row of the line's size, price and weight; None with the reason where there is none."""
    for row in sorted(rows, key=_smallest_from_the_top):
        if _measures(row, sale) and _weighs(row, sale) and _costs(row, sale):
            return row, ""
    if sale.weight_g is None and any(row.weight_from_g or row.weight_below_g for row in rows):
        return None, "no_weight"
    if sale.sides_mm is None and any(is_sized(row) or row.volume_divisor is not None for row in rows):
        return None, "no_size"
    if any(base(row, sale) is None for row in rows):
        return None, why_no_base(sale)
    return None, "no_tier"


def _smallest_from_the_top(row: Rule) -> tuple[Any, ...]:
    size = ((side is None, side or 0) for side in _sides(row))
    low = row.price_from if row.price_from is not None else Decimal(-1)
    return *size, -low, -(row.weight_from_g if row.weight_from_g is not None else -1), row.id


def _sides(row: Rule) -> tuple[int | None, int | None, int | None]:
    return row.longest_mm, row.middle_mm, row.shortest_mm


def is_sized(row: Rule) -> bool:
    return any(side is not None for side in _sides(row))


def _measures(row: Rule, sale: Sale) -> bool:
    if not is_sized(row):
        return True
    if sale.sides_mm is None:
        return False
    return all(most is None or side <= most for side, most in zip(sale.sides_mm, _sides(row), strict=True))


def _weighs(row: Rule, sale: Sale) -> bool:
    if row.weight_from_g is None and row.weight_below_g is None:
        return True
    weight = weight_g(row, sale)
    if weight is None:
        return False
    return (row.weight_from_g or 0) <= weight and (row.weight_below_g is None or weight < row.weight_below_g)


def weight_g(row: Rule, sale: Sale) -> int | None:
    """What a piece weighs for this row: with a divisor, the greater of its weight and its volume in whole grams."""
    if row.volume_divisor is None or sale.weight_g is None:
        return sale.weight_g
    if sale.sides_mm is None:
        return None
    longest, middle, shortest = sale.sides_mm
    return max(sale.weight_g, longest * middle * shortest // row.volume_divisor)


def _costs(row: Rule, sale: Sale) -> bool:
    if row.price_from is None and row.price_below is None:
        return True
    size = base(row, sale)
    if size is None:
        return False
    is_above = size >= (row.price_from or _NOTHING) * sale.units
    return is_above and (row.price_below is None or size < row.price_below * sale.units)


def base(row: Rule, sale: Sale) -> Decimal | None:
    """What tiers measure and rates are a share of, for all units, with or without VAT as the row says."""
    amount = sale.paid if row.basis == "paid" else sale.item
    if row.basis not in ("item", "paid") or amount is None or not sale.paid:
        return amount
    if row.basis_includes_vat:
        factor = sale.paid + (sale.tax or _NOTHING) if sale.is_tax_apart else sale.paid
    elif sale.is_tax_apart:
        factor = sale.paid
    elif sale.tax is None:
        return None
    else:
        factor = sale.paid - sale.tax
    return (amount * factor / sale.paid).quantize(STORED_PLACES, rounding=ROUND_HALF_UP)


def why_no_base(sale: Sale) -> str:
    return "no_price" if sale.item is None else "no_vat"


def share(rows: Sequence[Rule], row: Rule, sale: Sale) -> Decimal | None:
    if row.basis == "nothing":
        return _NOTHING
    size = base(row, sale)
    if size is None:
        return None
    if not row.is_marginal:
        return row.rate * size
    below = (part for part in rows if _sides(part) == _sides(row) and _weighs(part, sale))
    return sum((part.rate * _portion(part, size, sale.units) for part in below), _NOTHING)


def _portion(row: Rule, size: Decimal, units: int) -> Decimal:
    """The part of the amount that lies within the tier."""
    top = size if row.price_below is None else min(size, row.price_below * units)
    return max(top - (row.price_from or _NOTHING) * units, _NOTHING)
