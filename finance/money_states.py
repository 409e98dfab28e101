"""In which state the money of an order line is: the rule as a plain function, and the same as SQL; pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CENT = Decimal("0.01")
CLOSED = ("settled", "settled_with_variance", "refunded", "charged_back", "recovered", "written_off")
"""States that become locked with the statements they stand on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one order line. `variance` None: nothing settled, or the price is not known."""

    units_due: int = 1
    units_settled: int = 0
    has_sale: bool = False
    variance: Decimal | None = None
    refunded: Decimal = Decimal(0)
    units_returned: int = 0
    charged_back: Decimal = Decimal(0)
    recovered: Decimal = Decimal(0)
    is_disputed: bool = False
    is_won: bool = False
    is_written_off: bool = False
    is_covered: bool = False
    is_locked: bool = False


def state(facts: Facts) -> str:
    """The state after locking: a closed line whose statements are all locked is locked."""
    basis = before_lock(facts)
    return "locked" if facts.is_locked and basis in CLOSED else basis


def before_lock(facts: Facts) -> str:
    """The first that applies, from what people decided over what went back to what was paid."""
    if facts.is_written_off:
        return "written_off"
    if facts.is_disputed:
        return "disputed"
    if facts.charged_back < 0:
        return "recovered" if facts.recovered + facts.charged_back >= 0 else "charged_back"
    if facts.is_won:
        return "recovered"
    if facts.refunded < 0:
        return "refunded"
    if facts.units_returned > 0:
        return "refund_pending"
    return _of_sale(facts)


def _of_sale(facts: Facts) -> str:
    if not facts.has_sale:
        return "deferred" if facts.is_covered else "expected"
    if 0 < facts.units_settled < facts.units_due:
        return "partly_settled"
    is_even = facts.variance is None or abs(facts.variance) < CENT
    return "settled" if is_even else "settled_with_variance"


BASIS = """CASE
    WHEN is_written_off THEN 'written_off'
    WHEN is_disputed THEN 'disputed'
    WHEN charged_back < 0 THEN CASE WHEN recovered + charged_back >= 0 THEN 'recovered' ELSE 'charged_back' END
    WHEN is_won THEN 'recovered'
    WHEN refunded < 0 THEN 'refunded'
    WHEN units_returned > 0 THEN 'refund_pending'
    WHEN NOT has_sale THEN CASE WHEN is_covered THEN 'deferred' ELSE 'expected' END
    WHEN units_settled > 0 AND units_settled < units_due THEN 'partly_settled'
    WHEN variance IS NULL OR abs(variance) < 0.01 THEN 'settled'
    ELSE 'settled_with_variance' END"""
"""`before_lock` over a row with the columns of `Facts`."""

_CLOSED = ", ".join(f"'{name}'" for name in CLOSED)
STATE = f"CASE WHEN is_locked AND basis IN ({_CLOSED}) THEN 'locked' ELSE basis END"
"""`state` over a row that has `basis` too."""
