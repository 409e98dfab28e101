"""What a row of a schedule comes to: limits, the order's part, rounding, and VAT on top; pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from config.core.money import STORED_PLACES, Money, minor_unit, split
from finance.tariffs import Rule, Sale

_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
_NOTHING = Decimal(0)
NO_VATS: Mapping[str, Decimal] = {}


def rounded(amount: Decimal, currency: str, rounding: str = "half_up") -> Decimal:
    """To the minor unit of the currency, by the rule's own way of rounding."""
    return amount.quantize(minor_unit(currency), rounding=_ROUNDINGS[rounding])


def vat_on_top(row: Rule, fee_vats: Mapping[str, Decimal]) -> Decimal | None:
    """The rate that comes on top of the fee: the row's own, else that of its class, of all fees; None: nobody said it."""
    return fee_vats.get(row.line_class, fee_vats.get("")) if row.vat_rate is None else row.vat_rate


def of_fees(row: Rule, charged: Decimal, fee_vats: Mapping[str, Decimal] = NO_VATS) -> Decimal:
    """A share of other fees as they were charged; where VAT comes on top of this one, without theirs."""
    rate = vat_on_top(row, fee_vats) if row.vat == "on_top" else None
    return row.rate * charged / (1 + (rate or _NOTHING))


def of_order(row: Rule, sale: Sale) -> Decimal | None:
    """The line's part of what is charged per order, by what the lines are worth; None where one of them is not known."""
    if not row.per_order or not sale.worths:
        return row.per_order
    worths = [worth for worth in sale.worths if worth is not None]
    if len(worths) < len(sale.worths):
        return None
    unit = minor_unit(sale.currency)
    parts = split(Money(row.per_order, sale.currency), worths, unit=STORED_PLACES if row.per_order % unit else unit)
    return parts[sale.place].amount


def charge(
    row: Rule, share: Decimal, units: Decimal | int, currency: str, *, of_order: Decimal | None = _NOTHING,
    fee_vats: Mapping[str, Decimal] = NO_VATS,
) -> Decimal | None:  # fmt: skip
    """Share, amounts per unit and line, the part of the order's, limits, rounding and VAT on top.

    None where that part or the VAT is not known.
    """
    if of_order is None:
        return None
    amount = share + row.per_unit * units + row.per_line + of_order
    pieces = units if row.is_limit_per_piece else 1
    if row.minimum is not None:
        amount = max(amount, row.minimum * pieces)
    if row.maximum is not None:
        amount = min(amount, row.maximum * pieces)
    amount = rounded(amount, currency, row.rounding)
    if row.vat != "on_top":
        return amount
    rate = vat_on_top(row, fee_vats)
    return None if rate is None else rounded(amount * (1 + rate), currency, row.rounding)
