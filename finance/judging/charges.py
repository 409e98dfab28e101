"""What was charged again or taken back, over plain lists: the oracle of those findings in SQL; pure.

Amounts are signed as on statements; a verdict's amount is what we are owed, and `about` names statement and class.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from finance.classes import ACCOUNT_FEES, ORDER_FEES
from finance.judging.lines import ZERO, Verdict
from marketplaces.canonical import LineClass as C


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A row, or the part of it that fell on one order line. `is_spread`: it is such a part of a charge of the order."""

    statement: str
    start: datetime
    row_no: int
    line_class: C
    amount: Decimal
    currency: str = "EUR"
    labels: tuple[str, str, str] = ("", "", "")
    quantity: int | None = None
    posted_at: datetime | None = None
    reference: str = ""
    shipment: str = ""
    is_reversal: bool = False
    is_spread: bool = False


def on_line(charges: Sequence[Charge]) -> list[Verdict]:
    """Fees of one order line that were charged twice: beside a sale, or once more when nothing was sold any more.

    What a later statement charges alone counts whole, whatever of it stands there more than once.
    """
    owed = defaultdict(lambda: ZERO, _beside_sale(charges)) | _alone(charges)
    return [_twice(key, amount) for key, amount in owed.items() if amount]


def _twice(key: tuple[str, C], amount: Decimal) -> Verdict:
    statement, line_class = key
    return Verdict("duplicate", amount, "S2", about=f"{statement} {line_class}")


def _beside_sale(charges: Sequence[Charge]) -> dict[tuple[str, C], Decimal]:
    """Equal fees of one moment beyond the number of equal sales of that moment."""
    sales: dict[datetime | None, int] = defaultdict(lambda: 1)
    equal = Counter(
        (row.posted_at, row.amount, row.quantity, row.labels) for row in charges if row.line_class == C.PRINCIPAL
    )
    for (posted_at, *_), copies in equal.items():
        sales[posted_at] = max(sales[posted_at], copies)
    seen: Counter[tuple[object, ...]] = Counter()
    owed: dict[tuple[str, C], Decimal] = defaultdict(Decimal)
    for row in _in_order(charges):
        if row.line_class not in ORDER_FEES or not row.amount or row.is_spread:
            continue
        event = (*_terms(row), row.posted_at, row.is_reversal)
        seen[event] += 1
        if seen[event] > sales[row.posted_at]:
            owed[row.statement, row.line_class] -= row.amount
    return owed


def _alone(charges: Sequence[Charge]) -> dict[tuple[str, C], Decimal]:
    """Fees on a statement after the last sale that repeat a former one at another moment; a return explains them all."""
    sold = [row.start for row in charges if row.line_class == C.PRINCIPAL]
    if not sold or any(row.is_reversal or row.line_class.startswith(("refund", "fee_reversal")) for row in charges):
        return {}
    rows: dict[str, list[Charge]] = defaultdict(list)
    for row in charges:
        rows[row.statement].append(row)
    owed: dict[tuple[str, C], Decimal] = defaultdict(Decimal)
    for statement, mine in rows.items():
        if max(sold) < mine[0].start and all(row.line_class in ORDER_FEES for row in mine):
            for row in _repeated(mine, [row for row in charges if row.start < mine[0].start]):
                owed[statement, row.line_class] -= row.amount
    return owed


def _repeated(rows: Iterable[Charge], former: Sequence[Charge]) -> Iterator[Charge]:
    for row in rows:
        same = (other for other in former if _terms(row) == _terms(other) and row.posted_at != other.posted_at)
        if row.amount and not row.is_spread and any(same):
            yield row


def _terms(row: Charge) -> tuple[object, ...]:
    return row.line_class, row.labels, row.amount, row.quantity, row.shipment


def on_account(charges: Iterable[Charge]) -> Iterator[Verdict]:
    """Of one account: the same charge of the whole account again, by its moment, or where that is blank by its statement."""
    seen: Counter[tuple[object, ...]] = Counter()
    owed: dict[tuple[str, C, tuple[str, str, str]], Decimal] = defaultdict(Decimal)
    for row in _in_order(charges):
        if row.line_class in ACCOUNT_FEES and row.amount:
            event = (*_terms(row), row.currency, row.reference, row.posted_at or row.statement)
            seen[event] += 1
            if seen[event] > 1:
                owed[row.statement, row.line_class, row.labels] -= row.amount
    yield from (_twice((statement, line_class), amount) for (statement, line_class, _), amount in owed.items())


def taken_back(charges: Iterable[Charge]) -> Iterator[Verdict]:
    """Reimbursements that were reversed, equal rows of one statement together."""
    owed: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    about = {}
    for row in charges:
        is_back = row.line_class == C.CLAWBACK or (row.line_class == C.REIMBURSEMENT and row.is_reversal)
        if is_back and row.amount < 0:
            event = (row.statement, *_terms(row), row.posted_at, row.reference)
            owed[event] -= row.amount
            about[event] = f"{row.statement} {row.line_class}"
    yield from (Verdict("reimbursement_short", amount, "S3", about=about[event]) for event, amount in owed.items())


def _in_order(charges: Iterable[Charge]) -> list[Charge]:
    return sorted(charges, key=lambda row: (row.start, row.row_no))
