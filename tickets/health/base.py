"""What a metric of account health is: it reads counts for a span of days and never judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from config.core.registry import Registry
from tickets.health.windows import Rule
from tickets.models.incidents import Effect


@dataclass(frozen=True, slots=True)
class Seller:
    """An account as metrics see it; `since` is the first day that it can be measured on."""

    id: int
    marketplace: str
    since: date


@dataclass(frozen=True, slots=True)
class Span:
    """The days to measure, the accounts, and the present moment; no day ends after it."""

    days: Sequence[date]
    sellers: Sequence[Seller]
    now: datetime
    rules: Mapping[tuple[str, str], Sequence[Rule]] = field(default_factory=dict)

    @property
    def first(self) -> date:
        return min(self.days)

    @property
    def last(self) -> date:
        return max(self.days)

    def pairs(self) -> Iterator[tuple[Seller, date]]:
        """Every account with every day on which it was there."""
        return ((seller, day) for seller in self.sellers for day in self.days if day >= seller.since)

    def end(self, day: date) -> datetime:
        """As of when a day is measured: its end in UTC, or now."""
        return min(datetime.combine(day + timedelta(days=1), time(), UTC), self.now)

    def rules_of(self, seller: Seller, metric: str) -> Sequence[Rule]:
        """The marketplace's own limits of a metric, else the house rule."""
        return self.rules.get((seller.marketplace, metric)) or self.rules.get(("", metric), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric of an account on a day. `value` None was not measured, `why` says the reason; shares are 0 to 1."""

    account_id: int
    day: date
    value: Decimal | None = None
    numerator: Decimal | int | None = None
    denominator: Decimal | int | None = None
    samples: int = 0
    why: str = ""
    rule: Rule | None = None
    used: Decimal | None = None
    left: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


Measurer = Callable[[Span], Iterable[Reading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`unit` is share, seconds, count or times; `silence` says why it is not measured where it gives no reading.

    Without an `effect` it makes no incident, and is measured after incidents were judged.
    `hits` names what counts the orders or offers that it hits: `numerator`, a fact, or nothing.
    `is_momentary`: it can only be told for the present, so that past days are left as they are.
    """

    key: str
    label: str
    what: str
    effect: Effect | None
    unit: str
    silence: str
    measure: Measurer
    is_high_bad: bool = True
    hits: str = ""
    is_momentary: bool = False


METRICS: Registry[Metric] = Registry("health metric")


def metric(key: str, **facts: Any) -> Callable[[Measurer], Measurer]:
    """Register the decorated function as the measure of a metric."""

    def register(measure: Measurer) -> Measurer:
        METRICS.add(key, Metric(key=key, measure=measure, **facts))
        return measure

    return register
