"""Matches by hand: proposed, agreed above an amount by a second person, reversible. They never make rules."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.core import clock
from finance.models import Decision, HumanMatch, Settlement, SettlementLine
from finance.services import limits, reconcile
from finance.statement_states import CLOSED
from inventory.models import OrderLine


def propose(line: SettlementLine, *, order_line: OrderLine | None, by: str, reason: str) -> HumanMatch:
    """Say what a row is about (None: the account, no order); below the limit it holds at once."""
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    if order_line and order_line.account_id != line.account_id:
        raise ValidationError("the order belongs to another account")
    _refuse_locked(line.settlement_id)
    second = limits.needs_second(Decision.MATCH, line.amount, line.currency)
    try:
        with transaction.atomic():
            made = HumanMatch.objects.create(
                account_id=line.account_id, settlement_id=line.settlement_id, source_hash=line.source_hash,
                ordinal=ordinal(line), order_line=order_line, amount=line.amount, currency=line.currency, reason=reason[:200],
                needs_second=second, proposed_by=by, proposed_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise ValidationError("somebody decided about this row already; reverse that first") from error
    return made if second else approve(made, by=by)


def approve(made: HumanMatch, *, by: str) -> HumanMatch:
    with transaction.atomic():
        _refuse_locked(made.settlement_id)
        limits.agree(made, by=by)
        reconcile.reconcile_one(made.settlement_id)
    return made


def refuse(made: HumanMatch, *, by: str, reason: str) -> HumanMatch:
    return limits.refuse(made, by=by, reason=reason)


def reverse(made: HumanMatch, *, by: str, reason: str) -> HumanMatch:
    """Take it back; the row is matched again by the rules."""
    with transaction.atomic():
        _refuse_locked(made.settlement_id)
        limits.take_back(made, by=by, reason=reason)
        reconcile.reconcile_one(made.settlement_id)
    return made


def _refuse_locked(settlement_id: int) -> None:
    if Settlement.objects.filter(pk=settlement_id, state__in=CLOSED).exists():
        raise ValidationError("the statement is locked")


def ordinal(line: SettlementLine) -> int:
    """How many equal rows of the statement stand before this one."""
    return SettlementLine.objects.filter(
        settlement=line.settlement_id, source_hash=line.source_hash, row_no__lt=line.row_no
    ).count()


def of_line(line: SettlementLine) -> list[HumanMatch]:
    """Every decision about the row, the newest first."""
    mine = HumanMatch.objects.filter(
        settlement=line.settlement_id, source_hash=line.source_hash, ordinal=ordinal(line)
    )  # fmt: skip
    return list(mine.select_related("order_line").order_by("-pk"))
