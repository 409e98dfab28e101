"""What a refund should bring back of a commission, over plain lists: the oracle of that finding in SQL; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from config.core.money import quantise
from finance import refunds, tariffs
from finance.classes import SALE
from finance.judging.lines import CENT, GOODS, GOODS_BACK, ZERO, Entry, Verdict, total
from finance.tariffs import Rule, Sale
from marketplaces.canonical import LineClass as C

CREDIT_WITHIN = timedelta(days=7)
HALF_PER_CENTS = 200
WHOLE_WITHIN = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """One order line. `commission`: what it should have been, positive; `sale` None: no schedule is about it."""

    rows: Sequence[Entry]
    currency: str = "EUR"
    commission: Decimal | None = None
    sale: Sale | None = None
    rules: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Sold, paid for and given back, positive; `pieces` that were given back, None where that cannot be told."""

    goods: Decimal
    paid: Decimal
    goods_back: Decimal
    paid_back: Decimal
    units: int

    @property
    def pieces(self) -> Decimal | None:
        return self.goods_back * self.units / self.goods if self.goods and self.units else None


def without_credit(of: Refunded, *, now: datetime) -> Iterator[Verdict]:
    """What a week later is missing of the commission's part, beyond two cents and two per cent.

    A schedule says of what the commission is a share, how much of it comes back and what may be kept of that.
    """
    backs = [row for row in of.rows if row.line_class == C.REFUND_PRINCIPAL]
    commission = -total(of.rows, [C.COMMISSION])
    if not backs or commission <= 0 or not any(row.line_class == C.PRINCIPAL for row in of.rows):
        return
    moved = _moved(of.rows)
    share = _share(moved, is_goods=_is_of_goods(of, commission, moved))
    if share is None or max(row.posted_at for row in backs) >= now - CREDIT_WITHIN:
        return
    given = _ruled(of, C.FEE_REVERSAL)
    charged = min(commission, of.commission or commission)
    credit = quantise(charged * share * (given.rate if given else 1), of.currency)
    kept = -total(of.rows, [C.ADMINISTRATION_FEE])
    may_keep = _may_keep(of, credit, moved)
    missing = credit - (kept if may_keep is None else may_keep) - (total(of.rows, [C.FEE_REVERSAL]) - kept)
    if missing > max(2 * CENT, credit / 50):
        yield Verdict("refund_without_credit", missing, "S3")


def _moved(rows: Sequence[Entry]) -> Moved:
    back = [row.line_class for row in rows if row.line_class.value.startswith("refund_")]
    return Moved(
        goods=total(rows, GOODS),
        paid=total(rows, map(C, SALE)),
        goods_back=-total(rows, GOODS_BACK),
        paid_back=-total(rows, back),
        units=sum(abs(row.quantity) for row in rows if row.line_class == C.PRINCIPAL),
    )


def _ruled(of: Refunded, line_class: C) -> Rule | None:
    """The lowest row of the schedule that holds for the sale."""
    rows, lacks = tariffs.version(of.rules, of.sale, line_class) if of.sale else ([], "")
    lowest = sorted(rows, key=lambda row: (row.price_from is not None, row.price_from or ZERO, row.id))
    return None if lacks else next(iter(lowest), None)


def _is_of_goods(of: Refunded, commission: Decimal, moved: Moved) -> bool:
    """By schedule; without one, where of goods alone (with tax or without) the rate is one of whole or half per cents."""
    rule = _ruled(of, C.COMMISSION)
    if rule is not None:
        return rule.basis == "item"
    with_tax = moved.goods + total(of.rows, [C.TAX])
    is_goods = any(_is_round(commission, base, of.currency) for base in (moved.goods, with_tax))
    return is_goods and moved.paid > 0 and not _is_round(commission, moved.paid, of.currency)


def _is_round(commission: Decimal, base: Decimal, currency: str) -> bool:
    return (
        base > 0
        and quantise(_whole(commission / base * HALF_PER_CENTS) / HALF_PER_CENTS * base, currency) == commission
    )


def _share(moved: Moved, *, is_goods: bool) -> Decimal | None:
    """How much of the sale was given back: in whole pieces where goods tell so, at most all of it."""
    back, base = (moved.goods_back, moved.goods) if is_goods else (moved.paid_back, moved.paid)
    if not base:
        return None
    pieces = moved.pieces if is_goods else None
    is_whole = pieces is not None and abs(pieces - _whole(pieces)) < WHOLE_WITHIN
    return min(Decimal(1), _whole(pieces) / moved.units if pieces is not None and is_whole else back / base)


def _may_keep(of: Refunded, credit: Decimal, moved: Moved) -> Decimal | None:
    """What the schedule allows to be kept of the credit; None where it does not say so."""
    rule = _ruled(of, C.ADMINISTRATION_FEE)
    if rule is None or of.sale is None:
        return None
    units = max(1, int(_whole(moved.pieces if moved.pieces is not None else Decimal(1))))
    return refunds.administration_fee(credit, rule, of.currency, units=units, fee_vats=of.sale.fee_vats)


def _whole(number: Decimal) -> Decimal:
    return number.quantize(Decimal(1), ROUND_HALF_UP)
