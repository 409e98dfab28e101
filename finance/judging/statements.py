"""What should not stand on statements as such, over plain lists: the oracle of those findings in SQL; pure.

Labels nobody knows, rows that found no order, penalties, money held back too long, and tax that the wrong party kept or
another rate made. Amounts are signed as on statements; a verdict's amount is what we are owed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from finance.classes import Scope
from finance.judging.lines import CENT, ZERO, Verdict, total
from finance.judging.payouts import BREAK_AFTER
from marketplaces.canonical import LineClass as C

UNMATCHED_AFTER = timedelta(days=3)
NET = (C.PRINCIPAL, C.SHIPPING, C.WRAP, C.PROMOTION)
NET_BACK = (C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_PROMOTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a statement; `reason` is why it was matched as it was."""

    line_class: C
    amount: Decimal
    scope: Scope
    labels: tuple[str, str, str] = ("", "", "")
    order_ref: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """`is_whole`: its lines make its total."""

    start: datetime
    end: datetime
    imported_at: datetime
    total: Decimal
    is_whole: bool
    rows: Sequence[Row]


def judge(statement: Statement, *, now: datetime) -> list[Verdict]:
    """Everything that is wrong with the rows of one statement, whatever orders they are about."""
    return [*unknown_labels(statement), *unmatched(statement, now=now), *penalties(statement)]


def unknown_labels(statement: Statement) -> Iterator[Verdict]:
    """Per label that nobody knows; urgent above one per cent of the statement."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in statement.rows:
        if row.scope == Scope.QUARANTINE and row.line_class == C.UNKNOWN:
            sums[row.labels] += row.amount
    for amount in sums.values():
        yield Verdict("unknown_label", amount, "S1" if abs(amount) * 100 > abs(statement.total) else "S3")


def unmatched(statement: Statement, *, now: datetime) -> Iterator[Verdict]:
    """Per order and reason what waits in quarantine for more than three days."""
    if statement.imported_at >= now - UNMATCHED_AFTER:
        return
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in statement.rows:
        if row.scope == Scope.QUARANTINE and row.line_class != C.UNKNOWN:
            sums[row.order_ref, row.reason] += row.amount
    yield from (Verdict("unmatched", amount, "S3") for amount in sums.values())


def penalties(statement: Statement) -> Iterator[Verdict]:
    taken = (row for row in statement.rows if row.line_class == C.PENALTY and row.amount < 0)
    yield from (Verdict("penalty", -row.amount, "S3") for row in taken)


def reserve_held(series: Iterable[Statement]) -> Decimal:
    """What one series holds back beyond its release on the next statement, over its unbroken end; zero: nothing."""
    ordered = sorted(series, key=lambda statement: statement.start)
    first = len(ordered) - 1
    while first > 0 and not _is_break(ordered[first - 1], ordered[first]):
        first -= 1
    end = ordered[max(first, 0) :]
    held = sum((-total(statement.rows, [C.RESERVE_IN]) for statement in end[:-1]), ZERO)
    released = sum((total(statement.rows, [C.RESERVE_OUT]) for statement in end[1:]), ZERO)
    return held - released if held - released >= CENT else ZERO


def _is_break(former: Statement, statement: Statement) -> bool:
    return not statement.is_whole or statement.start - former.end > BREAK_AFTER


def tax(rows: Sequence[Row]) -> Iterator[Verdict]:
    """Of one order line: tax withheld must cancel the tax told; without withholding, a refund has the sale's rate."""
    told, back = total(rows, [C.TAX]), total(rows, [C.REFUND_TAX])
    if any(row.line_class == C.TAX_WITHHELD for row in rows):
        kept = -(told + back + total(rows, [C.TAX_WITHHELD]))
        if abs(kept) >= CENT:
            yield Verdict("tax_anomaly", kept, "S2")
        return
    net, net_back = total(rows, NET), total(rows, NET_BACK)
    if net > 0 and told > 0 and net_back < 0 and any(row.line_class == C.REFUND_TAX for row in rows):
        differs = (net_back * told / net).quantize(CENT, ROUND_HALF_UP) - back
        if abs(differs) > CENT * len(rows):
            yield Verdict("tax_anomaly", differs, "S2")
