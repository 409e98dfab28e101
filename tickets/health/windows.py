"""Windows of marketplaces, what of a limit is used and left, and what a month of cancellations costs; pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

Counts = Mapping[date, tuple[int, int]]
"""Failures and cases per day."""
_SHARE, _PART = Decimal("0.000001"), Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A marketplace's limit on a share. `is_high_bad`: more is worse, so that the limit is a ceiling."""

    limit: Decimal
    window: str = "rolling"
    window_days: int = 30
    counts: str = "orders"
    least_failures: int = 0
    tiers: Sequence[tuple[Decimal, Decimal]] = ()
    consequence: str = ""
    is_suspension: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """Failures among cases within a window of a rule; `elapsed` is the part of the window that has passed."""

    rule: Rule
    failures: int
    cases: int
    elapsed: Decimal = Decimal(1)

    @property
    def ratio(self) -> Decimal | None:
        return (Decimal(self.failures) / self.cases).quantize(_SHARE) if self.cases else None

    @property
    def counts(self) -> bool:
        """Whether the marketplace takes notice at all: few failures do not count."""
        return self.failures >= self.rule.least_failures

    @property
    def expected(self) -> Decimal:
        """Cases in the whole window when the rest of it goes on like the part that has passed."""
        return self.cases / self.elapsed

    def used(self, limit: Decimal) -> Decimal:
        """The used part of a limit on failures: 1 is all of it, nothing while the failures do not count."""
        if self.ratio is None or not self.counts:
            return Decimal(0)
        return (self.ratio / limit).quantize(_PART)

    def left(self, limit: Decimal) -> int:
        """How many failures more the limit affords; negative when it is overdrawn."""
        return affordable(limit, self.expected, self.failures, least=self.rule.least_failures)


def affordable(limit: Decimal, expected: Decimal | int, failures: int, *, least: int = 0) -> int:
    """Failures that a limit still allows in a window of `expected` cases (F-13); at least up to those that count."""
    allowed = int((limit * expected).to_integral_value(ROUND_FLOOR))
    return max(allowed, least - 1) - failures


def first_day(rule: Rule, day: date) -> date:
    """Where the window begins that is looked at on a day."""
    if rule.window == "week":
        return day - timedelta(days=day.weekday())
    if rule.window == "month":
        return day.replace(day=1)
    return day - timedelta(days=rule.window_days - 1)


def elapsed(rule: Rule, day: date) -> Decimal:
    """The part of the window that has passed at the end of a day; a rolling one always has."""
    if rule.window == "week":
        return Decimal(day.weekday() + 1) / 7
    return Decimal(day.day) / monthrange(day.year, day.month)[1] if rule.window == "month" else Decimal(1)


def within(rule: Rule, counts: Counts, day: date) -> Share:
    """Failures and cases of the rule's window that ends with a day."""
    first = first_day(rule, day)
    inside = [counts[each] for each in counts if first <= each <= day]
    return Share(rule, sum(bad for bad, _ in inside), sum(cases for _, cases in inside), elapsed(rule, day))


def penalty(ratio: Decimal | None, value: Decimal, tiers: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """What a month's cancelled value costs: the rate of the highest tier that the ratio reaches."""
    reached = [rate for start, rate in sorted(tiers) if ratio is not None and ratio >= start]
    return value * reached[-1] if reached else Decimal(0)
