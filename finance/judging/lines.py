"""What should not stand on statements, line by line over plain lists: the oracle of the findings in SQL; pure.

One order line, settled in its own currency without tax apart, no schedule of fees. Amounts are signed as on statements; a
verdict's amount is what we are owed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from finance.classes import ORDER_FEES, SALE
from marketplaces.canonical import LineClass as C

CENT, ZERO = Decimal("0.01"), Decimal(0)
CREDIT_WITHIN, RETURN_WITHIN = timedelta(days=7), timedelta(days=45)
HALF_PER_CENTS = 200
URGENT_FROM = Decimal(500)
GOODS = (C.PRINCIPAL, C.PROMOTION)
GOODS_BACK = (C.REFUND_PRINCIPAL, C.REFUND_PROMOTION)
LOST = (*GOODS_BACK, C.REFUND_SHIPPING, C.REFUND_TAX, C.FEE_REVERSAL, C.ADMINISTRATION_FEE)
MADE_GOOD = (C.REIMBURSEMENT, C.CLAIM)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a statement about the line."""

    line_class: C
    amount: Decimal
    quantity: int
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`extra` is shipping and wrapping less discounts. `is_ours_to_return`: the marketplace fulfils and should get it back."""

    quantity: int
    item_total: Decimal
    extra: Decimal = ZERO
    is_ours_to_return: bool = False
    came_back: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`amount` None: it cannot be told. `about` says which one, where a kind may be found more than once."""

    kind: str
    amount: Decimal | None
    severity: str
    currency: str = ""
    about: str = ""


def judge(line: Line, rows: Sequence[Entry], *, now: datetime) -> list[Verdict]:
    """Everything that is wrong with one line."""
    return [*payment(line, rows), *charged_twice(rows), *credit(rows, now=now), *loss(line, rows, now=now)]


def payment(line: Line, rows: Sequence[Entry]) -> Iterator[Verdict]:
    """Settled against what the settled units are worth, to the cent."""
    if not any(row.line_class == C.PRINCIPAL for row in rows):
        return
    told = sum(row.quantity for row in rows if row.line_class == C.PRINCIPAL) or line.quantity
    share = Decimal(min(told, line.quantity)) / line.quantity
    differs = _sum(rows, map(C, SALE)) - _cents(line.item_total * share + line.extra * share)
    if differs <= -CENT:
        yield Verdict("short_paid", -differs, "S1" if -differs >= URGENT_FROM else "S2")
    if differs >= CENT:
        yield Verdict("overpaid", -differs, "S4")


def charged_twice(rows: Sequence[Entry]) -> Iterator[Verdict]:
    """Equal fees of one moment beyond the number of equal sales at that moment, per class."""
    sales: dict[datetime, int] = defaultdict(lambda: 1)
    for row, copies in Counter(row for row in rows if row.line_class == C.PRINCIPAL).items():
        sales[row.posted_at] = max(sales[row.posted_at], copies)
    owed: dict[C, Decimal] = defaultdict(Decimal)
    for row, copies in Counter(row for row in rows if row.line_class.value in ORDER_FEES and row.amount).items():
        owed[row.line_class] -= row.amount * max(0, copies - sales[row.posted_at])
    yield from (Verdict("duplicate", amount, "S2") for amount in owed.values() if amount)


def credit(rows: Sequence[Entry], *, now: datetime) -> Iterator[Verdict]:
    """The part of the commission that a refund should bring back within a week, beyond two cents and two per cent."""
    backs = [row for row in rows if row.line_class == C.REFUND_PRINCIPAL]
    commission = -_sum(rows, [C.COMMISSION])
    if not backs or commission <= 0 or not any(row.line_class == C.PRINCIPAL for row in rows):
        return
    goods, paid = _sum(rows, GOODS), _sum(rows, map(C, SALE))
    base, back = (goods, -_sum(rows, GOODS_BACK)) if _is_of_goods(commission, goods, paid) else (paid, _paid_back(rows))
    pieces = sum(row.quantity for row in rows if row.line_class == C.PRINCIPAL)
    share = min(Decimal(1), _whole_pieces(back, goods, pieces) if base == goods and base != paid else back / base)
    due = _cents(commission * share)
    missing = due - _sum(rows, [C.FEE_REVERSAL])
    if missing > max(2 * CENT, due / 50) and max(row.posted_at for row in backs) < now - CREDIT_WITHIN:
        yield Verdict("refund_without_credit", missing, "S3")


def _is_of_goods(commission: Decimal, goods: Decimal, paid: Decimal) -> bool:
    return _is_round(commission, goods) and not _is_round(commission, paid)


def _is_round(commission: Decimal, base: Decimal) -> bool:
    if base <= 0:
        return False
    rate = (commission / base * HALF_PER_CENTS).quantize(Decimal(1), ROUND_HALF_UP) / HALF_PER_CENTS
    return _cents(rate * base) == commission


def _whole_pieces(back: Decimal, goods: Decimal, pieces: int) -> Decimal:
    told = back * pieces / goods
    near = told.quantize(Decimal(1), ROUND_HALF_UP)
    return near / pieces if pieces and abs(told - near) < Decimal("0.005") else back / goods


def _paid_back(rows: Iterable[Entry]) -> Decimal:
    return -sum((row.amount for row in rows if row.line_class.value.startswith("refund_")), ZERO)


def loss(line: Line, rows: Sequence[Entry], *, now: datetime) -> Iterator[Verdict]:
    """Refunded goods that never came back and were not made good, or not wholly."""
    backs = [row for row in rows if row.line_class == C.REFUND_PRINCIPAL]
    made_good = _sum(rows, MADE_GOOD)
    if not backs or line.came_back:
        return
    lost = -_sum(rows, LOST)
    if made_good > 0 and lost - made_good >= CENT:
        yield Verdict("reimbursement_short", lost - made_good, "S3")
    is_old = max(row.posted_at for row in backs) < now - RETURN_WITHIN
    if line.is_ours_to_return and made_good <= 0 and is_old:
        yield Verdict("refund_without_return", -_sum(backs, [C.REFUND_PRINCIPAL]), "S3")


def _sum(rows: Iterable[Entry], classes: Iterable[C]) -> Decimal:
    wanted = frozenset(classes)
    return sum((row.amount for row in rows if row.line_class in wanted), ZERO)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
