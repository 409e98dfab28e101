"""What should not stand on statements, line by line over plain lists: the oracle of the findings in SQL; pure.

One order line, settled in its own currency without tax apart; what its refund should bring back stands in `refunds`.
Amounts are signed as on statements; a verdict's amount is what we are owed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from finance.classes import ORDER_FEES, SALE
from marketplaces.canonical import LineClass as C

CENT, ZERO = Decimal("0.01"), Decimal(0)
RETURN_WITHIN = timedelta(days=45)
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
    return [*payment(line, rows), *charged_twice(rows), *loss(line, rows, now=now)]


def payment(line: Line, rows: Sequence[Entry]) -> Iterator[Verdict]:
    """Settled against what the settled units are worth, to the cent."""
    if not any(row.line_class == C.PRINCIPAL for row in rows):
        return
    told = sum(row.quantity for row in rows if row.line_class == C.PRINCIPAL) or line.quantity
    share = Decimal(min(told, line.quantity)) / line.quantity
    differs = total(rows, map(C, SALE)) - _cents(line.item_total * share + line.extra * share)
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


def loss(line: Line, rows: Sequence[Entry], *, now: datetime) -> Iterator[Verdict]:
    """Refunded goods that never came back and were not made good, or not wholly."""
    backs = [row for row in rows if row.line_class == C.REFUND_PRINCIPAL]
    made_good = total(rows, MADE_GOOD)
    if not backs or line.came_back:
        return
    lost = -total(rows, LOST)
    if made_good > 0 and lost - made_good >= CENT:
        yield Verdict("reimbursement_short", lost - made_good, "S3")
    is_old = max(row.posted_at for row in backs) < now - RETURN_WITHIN
    if line.is_ours_to_return and made_good <= 0 and is_old:
        yield Verdict("refund_without_return", -total(backs, [C.REFUND_PRINCIPAL]), "S3")


class Signed(Protocol):
    """A row of a statement, as far as sums need it."""

    @property
    def line_class(self) -> C: ...
    @property
    def amount(self) -> Decimal: ...


def total(rows: Iterable[Signed], classes: Iterable[C]) -> Decimal:
    """What the rows of these classes add up to."""
    wanted = frozenset(classes)
    return sum((row.amount for row in rows if row.line_class in wanted), ZERO)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
