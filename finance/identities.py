"""The identities a statement must satisfy, as plain functions of its sums; pure.

1 the lines make the total; 2 the total, at the stated rate where the bank receives another currency, is the deposit and
what the bank kept; 3 what was held back before, plus events, less the payout, is what is held back now; 4 the six ledgers
make the total; 5 the money of order lines makes the lines that belong to orders; 6 no gap and no overlap with the period
before it. 7 (journals balance) and 8 (month parts make the whole) are written by those who make journals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from finance.classes import Scope

CHAIN_TOLERANCE = timedelta(hours=1)
ZERO = Decimal(0)
CENT = Decimal("0.01")
EXCHANGE_TOLERANCE = Decimal("1.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The sums of one statement. `total` None: no header yet; `deposit` None: nothing seen at the bank yet.

    `released` and `held` are what it says of reserves, positive; `former_held` what the statement before it held back,
    None where that cannot be trusted. `of_orders` are lines that should belong to order lines, `matched` those that do.
    `payout_unit` is the smallest amount of what the bank receives.
    """

    total: Decimal | None
    line_count: int
    by_scope: Mapping[str, Decimal] = field(default_factory=dict)
    lines_sum: Decimal = ZERO
    deposit: Decimal | None = None
    period_start: datetime | None = None
    former_end: datetime | None = None
    payout_rate: Decimal | None = None
    payout_fee: Decimal | None = None
    payout_unit: Decimal = CENT
    released: Decimal = ZERO
    held: Decimal = ZERO
    former_held: Decimal | None = None
    of_orders: Decimal = ZERO
    matched: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Check:
    """One identity: what should be, what is, and whether they agree (None: cannot be told, see the reason)."""

    number: int
    expected: Decimal | None
    actual: Decimal | None
    passed: bool | None
    reason: str = ""


def checks(facts: Facts) -> tuple[Check, ...]:
    """Identities 1 to 6 of one statement."""
    return (
        _sum_of_lines(facts), _deposit(facts), roll_forward(facts), _partition(facts), _order_lines(facts), chain(facts),
    )  # fmt: skip


def residual(facts: Facts) -> tuple[Decimal | None, str]:
    """Total less what stands in a named ledger, and why it is not known where it is None."""
    if facts.total is None:
        return None, "the statement's header has not been seen; import it"
    if not facts.line_count:
        return None, "the statement has no lines yet"
    quarantined = facts.by_scope.get(Scope.QUARANTINE, ZERO)
    return facts.total - facts.lines_sum + quarantined, ""


def state(facts: Facts) -> str:
    """Announced, imported, inconsistent, tied or matched, by the sums alone."""
    if not facts.line_count and facts.total != 0:
        return "announced"
    if facts.total is None:
        return "imported"
    if facts.total != facts.lines_sum:
        return "inconsistent"
    return "tied" if facts.by_scope.get(Scope.QUARANTINE) is not None else "matched"


def _sum_of_lines(facts: Facts) -> Check:
    if facts.total is None:
        return Check(1, None, facts.lines_sum, None, "no header yet")
    return Check(1, facts.total, facts.lines_sum, facts.total == facts.lines_sum)


def _deposit(facts: Facts) -> Check:
    if facts.total is None or facts.deposit is None:
        return Check(2, facts.total, facts.deposit, None, "no deposit seen yet; import the bank file")
    if facts.payout_rate is None:
        return Check(2, facts.total, facts.deposit, facts.total == facts.deposit)
    due = (facts.total * facts.payout_rate).quantize(facts.payout_unit, ROUND_HALF_UP)
    arrived = facts.deposit + (facts.payout_fee or ZERO)
    allowed = min(facts.payout_unit / 2 * facts.line_count, EXCHANGE_TOLERANCE)
    why = f"at {facts.payout_rate.normalize():f}, in the payout's currency"
    if due != arrived and abs(due - arrived) <= allowed:
        why += f"; each line converted may differ by half of {facts.payout_unit}, {allowed:.2f} in all"
    return Check(2, due, arrived, abs(due - arrived) <= allowed, why)


def roll_forward(facts: Facts) -> Check:
    """Identity 3 alone: opening + events - payout = closing; the opening is the closing of the statement before it."""
    if facts.total is None:
        return Check(3, None, facts.held, None, "no header yet")
    opening = facts.released if facts.former_held is None else facts.former_held
    events = facts.lines_sum - facts.released + facts.held
    closing = opening + events - facts.total
    return Check(3, closing, facts.held, closing == facts.held)


def _order_lines(facts: Facts) -> Check:
    return Check(5, facts.of_orders, facts.matched, facts.of_orders == facts.matched)


def _partition(facts: Facts) -> Check:
    parts = sum(facts.by_scope.values(), ZERO)
    if facts.total is None:
        return Check(4, None, parts, None, "no header yet")
    return Check(4, facts.total, parts, facts.total == parts)


def chain(facts: Facts) -> Check:
    """Identity 6 alone; it needs no lines."""
    if facts.period_start is None:
        return Check(6, None, None, None, "no period told")
    if facts.former_end is None:
        return Check(6, None, None, None, "the first statement of its chain")
    apart = facts.period_start - facts.former_end
    if apart > CHAIN_TOLERANCE:
        return Check(6, None, None, False, f"nothing covers {_span(facts.former_end, facts.period_start)}")
    if apart < -CHAIN_TOLERANCE:
        return Check(6, None, None, False, f"covered twice: {_span(facts.period_start, facts.former_end)}")
    return Check(6, None, None, True)


def _span(since: datetime, until: datetime) -> str:
    return f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
