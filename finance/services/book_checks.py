"""What booking a statement proves: identity 7, its deposit empties the clearing account, and 8, its parts make the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from config.core.bulk import land
from config.core.money import quantise
from finance import bookkeeping as sql
from finance import tieout
from finance.identities import ZERO, Check


def refresh(ids: Sequence[int], blocked: Mapping[int, str]) -> None:
    """Write both down for these statements; `blocked` are those that cannot be booked, each with why."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(sql.BALANCES, {"ids": list(ids)})
        rows = cursor.fetchall()
    found = [(row[0], check) for row in rows for check in _identities(row, blocked.get(row[0], ""))]
    land(tieout.CHECKS, ((pk, c.number, c.expected, c.actual, c.passed, c.reason[:200], now) for pk, c in found))


def _identities(row: Sequence[Any], problem: str) -> tuple[Check, Check]:
    _, total, currency, cleared, parts, rounding, paid, following = row
    if problem:
        return Check(7, None, None, None, "not booked"), Check(8, total, None, False, f"not booked: {problem}")
    whole = -((parts or ZERO) + (rounding or ZERO))
    expected = quantise(total, currency)
    return _clearing(expected, cleared or ZERO, paid, following), Check(8, expected, whole, expected == whole)


def _clearing(total: Decimal, cleared: Decimal, paid: Decimal | None, following: str | None) -> Check:
    """Identity 7: what the statement put on the clearing account, its deposit takes away."""
    if paid is not None:
        return Check(7, ZERO, cleared + paid, cleared + paid == 0)
    if not total:
        return Check(7, ZERO, cleared, cleared == 0)
    if following:
        return Check(7, ZERO, ZERO, True, f"carried over into {following}")
    waits = "no deposit seen yet" if total > 0 else "nothing repaid the negative balance yet"
    return Check(7, ZERO, cleared, None, waits)
