"""What metrics of one effect say together: bad, in between or better; and how bad that is for customers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tickets.health.bands import RISK, STABLE, WATCH
from tickets.rules.conditions import Condition, Step, Verdict, severity


def when(*conditions: tuple[str, str, str]) -> tuple[Condition, ...]:
    return tuple(Condition(fact, comparison, Decimal(line)) for fact, comparison, line in conditions)


LADDERS: Mapping[str, Sequence[Step]] = {
    "oversold": (Step("S1", when(("affected", "at_least", "1"))), Step("S2")),
    "blind": (
        Step("S1", when(("order_age", "above", "2"))), Step("S2", when(("affected", "at_least", "1"))), Step("S3"),
    ),
    "late": (
        Step("S1", when(("used", "at_least", "1"), ("affected", "at_least", "20"))),
        Step("S2", when(("used", "at_least", "1"))), Step("S3"),
    ),
    "wrong": (Step("S2", when(("affected", "at_least", "10"))), Step("S3")),
    "slow": (Step("S3"),),
    "money": (Step("S4"),),
}  # fmt: skip
"""The worst rung that holds. `affected` counts orders or offers, `used` is the used part of a marketplace's limit."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One metric as measured: its band (empty: not measured), value, used limit, and orders or offers it hits."""

    metric: str
    band: str
    value: Decimal | None = None
    used: Decimal | None = None
    affected: int | None = None


def verdict(signs: Iterable[Sign]) -> Verdict:
    """Bad as soon as one metric is at risk; better when all that are measured are stable."""
    bands = {sign.band for sign in signs if sign.band}
    if not bands:
        return Verdict.NOT_MEASURED
    if RISK in bands:
        return Verdict.HOLDS
    return Verdict.BETTER if bands == {STABLE} else Verdict.BETWEEN if WATCH in bands else Verdict.NOT_MEASURED


def affected(signs: Iterable[Sign]) -> int | None:
    """Orders or offers hit by what is at risk: the most that one metric counts; None where no metric counts them."""
    return max((s.affected for s in signs if s.band == RISK and s.affected is not None), default=None)


def severity_of(effect: str, signs: Sequence[Sign]) -> str:
    """How bad it is by what customers feel, not by how many machines complain."""
    hit = affected(signs)
    used = [sign.used for sign in signs if sign.band == RISK and sign.used is not None]
    facts: dict[str, Decimal | None] = {sign.metric: sign.value for sign in signs if sign.band == RISK}
    facts |= {"affected": None if hit is None else Decimal(hit), "used": max(used, default=None)}
    return severity(LADDERS[effect], facts, "S4")
