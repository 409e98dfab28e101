"""From a measure and a threshold to the next state of a breach. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from finance.fx.convert import Converted
from tickets.detectors.base import Detector, Measure
from tickets.models import Breach, BreachState, Threshold
from tickets.rules import conditions, exposure
from tickets.rules.conditions import Verdict
from tickets.rules.hysteresis import Standing, advance


class Step(StrEnum):
    """What an evaluation did to a breach."""

    WATCHED = "watched"
    OPENED = "opened"
    CONTINUED = "continued"
    CLEARED = "cleared"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Change:
    breach: Breach
    step: Step
    is_undecided: bool


def judge(
    detector: Detector, measure: Measure | None, breach: Breach | None, *, rule: Threshold | None, at: datetime
) -> Change | None:
    """The change that one evaluation makes, or None when there is nothing to write.

    No measure means that nothing is left of the subject; no rule, or too few samples, that nothing can be said.
    """
    verdict = _verdict(measure, rule)
    before = _standing(breach)
    after = advance(before, verdict, at, rule.patience) if rule else before
    if verdict is Verdict.NOT_MEASURED or (before.is_idle and after.is_idle):
        return None
    if verdict is Verdict.ENDED or measure is None or rule is None:
        return _end(breach, before, at) if breach else None
    kept = breach or Breach(detector=detector.name, subject=measure.subject)
    if after.is_idle:
        return _end(kept, before, at)
    if verdict is Verdict.HOLDS:
        describe(kept, detector, measure, rule)
    kept.bad, kept.good, kept.counted_at, kept.measured_at = after.bad, after.good, after.counted_at, at
    step = Step.WATCHED
    if after.is_open:
        step = Step.CONTINUED if before.is_open else Step.OPENED
        kept.state, kept.opened_at = BreachState.OPEN, kept.opened_at or at
    return Change(kept, step, after.is_undecided)


def facts_of(measure: Measure) -> dict[str, Decimal | None]:
    """The facts of a measure with its value and its money in the reporting currency among them."""
    return {**measure.facts, "value": measure.value, "money": exposure.in_reporting_currency(measure.money)}


def severity_of(measure: Measure, rule: Threshold) -> str:
    """The worse of the rule's ladder and its money ladder."""
    facts = facts_of(measure)
    by_rule = conditions.severity(rule.read_ladder(), facts, rule.severity)
    return min(by_rule, conditions.severity(rule.read_money_ladder(), facts, by_rule))


def describe(breach: Breach, detector: Detector, measure: Measure, rule: Threshold) -> None:
    """Write onto the breach what was found, with the versions of the formula and the limit that judged it."""
    breach.account_id, breach.brand_id, breach.threshold = measure.account_id, measure.brand_id, rule
    breach.scope_key = measure.scope or f"{detector.subject}:{measure.subject}"
    breach.group_key = _group(measure)
    breach.title = measure.title[:300]
    breach.severity = severity_of(measure, rule)
    breach.value = measure.value
    breach.money = measure.money.amount if measure.money else None
    breach.currency = measure.money.currency if measure.money else ""
    breach.params = dict(measure.params)
    breach.evidence = evidence(detector, measure, rule)


def evidence(detector: Detector, measure: Measure, rule: Threshold) -> dict[str, Any]:
    """Everything a person needs to check the judgement, as it was then. Numbers are text, times ISO in UTC."""
    return {
        "value": _text(measure.value),
        "unit": rule.unit,
        "facts": {name: _text(value) for name, value in measure.facts.items()},
        "shows": dict(measure.shows),
        "as_of": {name: moment.isoformat() if moment else None for name, moment in measure.as_of.items()},
        "formula": f"{detector.name}/{detector.formula}",
        "threshold": {
            "id": rule.pk, "version": rule.version, "comparison": rule.comparison, "trigger": _text(rule.trigger),
        },
        "money": str(measure.money) if measure.money else None,
        "money_compared": _text(exposure.in_reporting_currency(measure.money)),
        "money_rate": _rate(exposure.compared(measure.money)),
        "links": [dict(link) for link in measure.links],
    }  # fmt: skip


def _rate(found: Converted | None) -> dict[str, str | None] | None:
    """By what money was compared, so that the comparison can be done again."""
    if found is None:
        return None
    return {"to": found.money.currency, "rate": _text(found.rate), "day": found.day.isoformat(), "source": found.source}


def _verdict(measure: Measure | None, rule: Threshold | None) -> Verdict:
    if measure is None:
        return Verdict.ENDED
    if rule is None or measure.samples < rule.min_samples:
        return Verdict.NOT_MEASURED
    return conditions.judge(
        rule.condition, facts_of(measure), margin=rule.clear_factor, clears_when=rule.read_clears_when()
    )


def _standing(breach: Breach | None) -> Standing:
    if breach is None:
        return Standing()
    return Standing(breach.state == BreachState.OPEN, breach.bad, breach.good, breach.counted_at)


def _end(breach: Breach, before: Standing, at: datetime) -> Change:
    breach.state, breach.bad, breach.good, breach.measured_at, breach.cleared_at = BreachState.CLEARED, 0, 0, at, at
    return Change(breach, Step.CLEARED if before.is_open else Step.DROPPED, False)


def _group(measure: Measure) -> str:
    """Siblings share account, brand, and what the detector says besides; with neither an account nor that, none.

    Where a detector says what gathers them, that alone counts: one supplier's goods are one order to write.
    """
    if measure.gathers:
        return measure.gathers[:200]
    if measure.account_id is None and not measure.group:
        return ""
    return f"account:{measure.account_id or ''}/brand:{measure.brand_id or ''}/{measure.group}"[:200]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
