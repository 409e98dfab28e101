"""From which amount on a second person must agree, and the steps that every such decision takes."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError

from config.core import clock
from config.core.money import Money
from finance.fx import convert
from finance.fx.convert import MissingRate
from finance.models import ApprovalLimit, Decision, DecisionState, HumanMatch, WriteOff

DEFAULTS: dict[str, Money] = {
    Decision.MATCH: Money(Decimal(100), "EUR"),
    Decision.WRITE_OFF: Money(Decimal(0), "EUR"),
}
Made = TypeVar("Made", HumanMatch, WriteOff)


def needs_second(decision: str, amount: Decimal, currency: str) -> bool:
    """Whether the size exceeds the limit; also where the currencies cannot be compared today."""
    row = ApprovalLimit.objects.filter(decision=decision).first()
    limit = Money(row.amount, row.currency) if row else DEFAULTS[decision]
    today = clock.now().date()
    try:
        rates = convert.load({currency, limit.currency}, since=today, until=today)
        size = rates.convert(Money(abs(amount), currency), limit.currency, on=today).money
    except MissingRate:
        return True
    return size.amount > limit.amount


def agree(made: Made, *, by: str) -> Made:
    """Approve what was proposed; above the limit by another person than the one who proposed it."""
    if made.state != DecisionState.PROPOSED:
        raise ValidationError(f"it is {made.state} already; look at it again")
    if made.needs_second and by == made.proposed_by:
        raise ValidationError("a second person must agree: the amount is above what one may decide alone")
    made.state, made.decided_by, made.decided_at = DecisionState.APPROVED, by, clock.now()
    made.save()
    return made


def refuse(made: Made, *, by: str, reason: str) -> Made:
    """Turn down what was proposed."""
    return _end(made, DecisionState.PROPOSED, DecisionState.REFUSED, by=by, reason=reason)


def take_back(made: Made, *, by: str, reason: str) -> Made:
    """Reverse what was approved; it stays on record."""
    return _end(made, DecisionState.APPROVED, DecisionState.REVERSED, by=by, reason=reason)


def _end(made: Made, present: str, wanted: str, *, by: str, reason: str) -> Made:
    if made.state != present:
        raise ValidationError(f"it is {made.state}, so it cannot become {wanted}")
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    made.state, made.reversed_by, made.reversed_at, made.reversed_reason = wanted, by, clock.now(), reason[:200]
    made.save()
    return made
