"""Stable, watch or risk: which row of bands holds, and on which side a value lies; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

STABLE, WATCH, RISK = "stable", "watch", "risk"


class Limits(Protocol):
    """What is read of a row of bands; a `tickets.models.HealthBand` is one."""

    account_id: int | None
    marketplace: str
    valid_from: date
    stable: Decimal
    watch: Decimal
    is_of_limit: bool


Row = TypeVar("Row", bound=Limits)


def band(value: Decimal, limits: Limits, *, is_high_bad: bool = True) -> str:
    """The band of a value; one on a line belongs to the better side, where the line is a part of a limit to the worse."""
    sign = 1 if is_high_bad else -1
    if limits.is_of_limit:
        return STABLE if value < limits.stable else WATCH if value < limits.watch else RISK
    if sign * value <= sign * limits.stable:
        return STABLE
    return WATCH if sign * value <= sign * limits.watch else RISK


def narrowest(rows: Iterable[Row], *, account_id: int, marketplace: str, on: date) -> Row | None:
    """The row that holds for an account on a day: its own before its marketplace's before all, the newest of these."""
    fits = [
        row
        for row in rows
        if row.account_id in (None, account_id) and row.marketplace in ("", marketplace) and row.valid_from <= on
    ]
    return max(fits, key=lambda row: (row.account_id is not None, bool(row.marketplace), row.valid_from), default=None)
