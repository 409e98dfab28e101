"""Fee schedules: which version and tier holds for a sale, and what it comes to; pure.

Of a schedule, the most specific key that fits counts (account before marketplace, then channel, category, programme,
currency), in the version of the sale's day; of its tiers the one of the price and weight per piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from config.core.money import STORED_PLACES, minor_unit

_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
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
    minimum: Decimal | None
    maximum: Decimal | None
    is_limit_per_piece: bool
    price_from: Decimal | None
    price_below: Decimal | None
    is_marginal: bool
    weight_from_g: int | None
    weight_below_g: int | None
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
    `estimate` is the marketplace's own on the order, positive, for these units.
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
    estimate: Decimal | None = None


def rounded(amount: Decimal, currency: str, rounding: str = "half_up") -> Decimal:
    """To the minor unit of the currency, by the rule's own way of rounding."""
    return amount.quantize(minor_unit(currency), rounding=_ROUNDINGS[rounding])


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
    """The row of the line's price and weight; None with the reason where there is none."""
    for row in sorted(rows, key=_from_the_top):
        if _weighs(row, sale) and _costs(row, sale):
            return row, ""
    if sale.weight_g is None and any(row.weight_from_g or row.weight_below_g for row in rows):
        return None, "no_weight"
    if any(base(row, sale) is None for row in rows):
        return None, why_no_base(sale)
    return None, "no_tier"


def _from_the_top(row: Rule) -> tuple[Decimal, int, int]:
    low = row.price_from if row.price_from is not None else Decimal(-1)
    light = row.weight_from_g if row.weight_from_g is not None else -1
    return -low, -light, row.id


def _weighs(row: Rule, sale: Sale) -> bool:
    if row.weight_from_g is None and row.weight_below_g is None:
        return True
    if sale.weight_g is None:
        return False
    return (row.weight_from_g or 0) <= sale.weight_g and (
        row.weight_below_g is None or sale.weight_g < row.weight_below_g
    )


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
    below = (part for part in rows if _weighs(part, sale))
    return sum((part.rate * _portion(part, size, sale.units) for part in below), _NOTHING)


def _portion(row: Rule, size: Decimal, units: int) -> Decimal:
    """The part of the amount that lies within the tier."""
    top = size if row.price_below is None else min(size, row.price_below * units)
    return max(top - (row.price_from or _NOTHING) * units, _NOTHING)


def of_fees(row: Rule, charged: Decimal) -> Decimal:
    """A share of other fees as they were charged; where VAT comes on top of this one, without theirs."""
    is_net = row.vat == "on_top" and row.vat_rate is not None
    return row.rate * charged / (1 + (row.vat_rate or _NOTHING)) if is_net else row.rate * charged


def charge(row: Rule, share: Decimal, units: int, currency: str) -> Decimal | None:
    """Share, amounts per unit and line, limits, rounding and VAT on top; None where that VAT is not known."""
    amount = share + row.per_unit * units + row.per_line
    pieces = units if row.is_limit_per_piece else 1
    if row.minimum is not None:
        amount = max(amount, row.minimum * pieces)
    if row.maximum is not None:
        amount = min(amount, row.maximum * pieces)
    amount = rounded(amount, currency, row.rounding)
    if row.vat != "on_top":
        return amount
    return None if row.vat_rate is None else rounded(amount * (1 + row.vat_rate), currency, row.rounding)
