"""The closed table of comparisons, and the pure judgement of one measure. Numbers are Decimal; flags are 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

Facts = Mapping[str, Decimal | None]

HOLDS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "at_least": lambda value, line: value >= line,
    "above": lambda value, line: value > line,
    "at_most": lambda value, line: value <= line,
    "below": lambda value, line: value < line,
}
HIGH_IS_BAD = frozenset({"at_least", "above"})


class Verdict(StrEnum):
    """What one evaluation says. BETWEEN is no longer bad, but not yet better by the margin; ENDED: nothing left."""

    HOLDS = "holds"
    BETWEEN = "between"
    BETTER = "better"
    ENDED = "ended"
    NOT_MEASURED = "not_measured"


@dataclass(frozen=True, slots=True)
class Condition:
    """`fact` compared with `line`; a fact that is unknown never holds."""

    fact: str
    comparison: str
    line: Decimal

    def __post_init__(self) -> None:
        if self.comparison not in HOLDS:
            raise ValueError(f"{self.comparison!r} is no comparison; known: {', '.join(HOLDS)}")

    def holds(self, facts: Facts) -> bool:
        value = facts.get(self.fact)
        return value is not None and HOLDS[self.comparison](value, self.line)

    def is_better(self, facts: Facts, margin: Decimal) -> bool:
        """Not bad, and on the good side of the line by `margin`, which is relative to the line (0.1 is a tenth)."""
        value = facts.get(self.fact)
        if value is None or HOLDS[self.comparison](value, self.line):
            return False
        room = abs(self.line) * margin
        return value <= self.line - room if self.comparison in HIGH_IS_BAD else value >= self.line + room


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a ladder: this severity when all conditions hold. No condition means always."""

    severity: str
    when: tuple[Condition, ...] = ()


def conditions(raw: Iterable[Sequence[str]]) -> tuple[Condition, ...]:
    """Read `[["fact", "at_least", "3"], ...]` as stored on a threshold; a wrong shape raises ValueError."""
    return tuple(Condition(fact, comparison, Decimal(line)) for fact, comparison, line in raw)


def all_hold(wanted: Iterable[Condition], facts: Facts) -> bool:
    return all(condition.holds(facts) for condition in wanted)


def judge(trigger: Condition, facts: Facts, *, margin: Decimal, clears_when: Iterable[Condition] = ()) -> Verdict:
    """What one measure says about a trigger. To be better, the further conditions of `clears_when` must hold too."""
    if facts.get(trigger.fact) is None:
        return Verdict.NOT_MEASURED
    if trigger.holds(facts):
        return Verdict.HOLDS
    if trigger.is_better(facts, margin) and all_hold(clears_when, facts):
        return Verdict.BETTER
    return Verdict.BETWEEN


def severity(ladder: Iterable[Step], facts: Facts, default: str) -> str:
    """The worst severity whose step holds (S1 is worst); `default` where none does."""
    return min((step.severity for step in ladder if all_hold(step.when, facts)), default=default)
