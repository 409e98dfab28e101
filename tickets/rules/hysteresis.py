"""How many evaluations in a row it takes to open and to clear. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tickets.rules.conditions import Verdict


@dataclass(frozen=True, slots=True)
class Patience:
    """Evaluations closer together than `spacing` count as one, however often a subject is looked at."""

    opens_after: int = 2
    clears_after: int = 2
    spacing: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a breach stands: open or not, and its bad or good evaluations in a row."""

    is_open: bool = False
    bad: int = 0
    good: int = 0
    counted_at: datetime | None = None

    @property
    def is_idle(self) -> bool:
        """Neither open nor on the way to it: there is nothing to remember."""
        return not self.is_open and not self.bad

    @property
    def is_undecided(self) -> bool:
        """The next evaluation may open or clear it."""
        return (not self.is_open and self.bad > 0) or (self.is_open and self.good > 0)


def advance(standing: Standing, verdict: Verdict, at: datetime, patience: Patience) -> Standing:
    """The standing after one more evaluation at `at`."""
    if verdict is Verdict.NOT_MEASURED:
        return standing
    if verdict is Verdict.ENDED:
        return Standing()
    if verdict is Verdict.HOLDS:
        return _worse(standing, at, patience)
    if not standing.is_open:
        return Standing()
    return _better(standing, at, patience) if verdict is Verdict.BETTER else replace(standing, bad=0, good=0)


def _worse(standing: Standing, at: datetime, patience: Patience) -> Standing:
    if standing.bad and _is_same_evaluation(standing, at, patience):
        return standing
    bad = standing.bad + 1
    return Standing(standing.is_open or bad >= patience.opens_after, bad, 0, at)


def _better(standing: Standing, at: datetime, patience: Patience) -> Standing:
    if standing.good and _is_same_evaluation(standing, at, patience):
        return standing
    good = standing.good + 1
    return Standing() if good >= patience.clears_after else Standing(True, 0, good, at)


def _is_same_evaluation(standing: Standing, at: datetime, patience: Patience) -> bool:
    return standing.counted_at is not None and at - standing.counted_at < patience.spacing
