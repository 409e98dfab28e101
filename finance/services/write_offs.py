"""Money that is given up: proposed by one, agreed by another, and its discrepancy closed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.core import clock
from finance import order_money
from finance.models import Decision, Discrepancy, DiscrepancyState, WriteOff
from finance.services import differences, limits


def propose(discrepancy: Discrepancy, *, by: str, reason: str) -> WriteOff:
    """Give up what an open discrepancy says is owed; one without an amount cannot be written off."""
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    if discrepancy.amount is None or not discrepancy.currency:
        raise ValidationError("the amount is not known, so there is nothing to write off")
    if discrepancy.state != DiscrepancyState.OPEN:
        raise ValidationError("this discrepancy is not open any more; look at it again")
    second = limits.needs_second(Decision.WRITE_OFF, discrepancy.amount, discrepancy.currency)
    try:
        with transaction.atomic():
            made = WriteOff.objects.create(
                discrepancy=discrepancy, amount=discrepancy.amount, currency=discrepancy.currency, reason=reason[:200],
                needs_second=second, proposed_by=by, proposed_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise ValidationError("a write-off of it is under way already") from error
    return made if second else approve(made, by=by)


def approve(made: WriteOff, *, by: str) -> WriteOff:
    """Agree: the discrepancy is accepted for as long as its amount stays."""
    with transaction.atomic():
        limits.agree(made, by=by)
        differences.accept(made.discrepancy, by=by, reason=f"written off: {made.reason}"[:200])
        if made.discrepancy.order_line_id:
            order_money.rebuild([made.discrepancy.order_line_id])
    return made


def refuse(made: WriteOff, *, by: str, reason: str) -> WriteOff:
    return limits.refuse(made, by=by, reason=reason)
