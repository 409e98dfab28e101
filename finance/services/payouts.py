"""Where the money of a statement is: announced, sent, received, returned or failed."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from finance import discrepancies, statement_states, tieout
from finance.models import PayoutState, Settlement, SettlementState
from finance.services.bank import deposits


def sent(settlement: Settlement, *, reason: str = "") -> Settlement:
    return _move(settlement, PayoutState.SENT, reason)


def received(settlement: Settlement, *, reason: str = "") -> Settlement:
    """The bank booked it; also after an earlier one was returned and it was paid again."""
    return _move(settlement, PayoutState.RECEIVED, reason)


def returned(settlement: Settlement, *, reason: str) -> Settlement:
    """The bank sent it back after success: an approved or exported statement opens again, and the money is owed anew."""
    return _move(settlement, PayoutState.RETURNED, reason, needs_reason=True)


def failed(settlement: Settlement, *, reason: str) -> Settlement:
    return _move(settlement, PayoutState.FAILED, reason, needs_reason=True)


def exchange(settlement: Settlement, *, currency: str, rate: Decimal | None, fee: Decimal | None = None) -> Settlement:
    """Say that the bank receives another currency: units of it per unit of the statement's, and what the bank kept."""
    if rate is not None and (rate <= 0 or len(currency) != 3):
        raise ValidationError("a rate is positive and leads to a currency of three letters")
    if fee is not None and fee < 0:
        raise ValidationError("a fee is given as a positive amount")
    with transaction.atomic():
        if Settlement.objects.select_for_update().get(pk=settlement.pk).state in statement_states.CLOSED:
            raise ValidationError("the statement is locked")
        Settlement.objects.filter(pk=settlement.pk).update(
            payout_currency=currency.upper() if rate is not None else "", payout_rate=rate, payout_fee=fee
        )
        deposits.link()
        return _judged(settlement)


def _move(settlement: Settlement, state: str, reason: str, *, needs_reason: bool = False) -> Settlement:
    if needs_reason and not reason.strip():
        raise ValidationError("say why the payout came back or failed; the next person will ask")
    with transaction.atomic():
        held = Settlement.objects.select_for_update().get(pk=settlement.pk)
        statement_states.check(statement_states.PAYOUT_MOVES, held.payout_state, state)
        held.payout_state, held.payout_reason, held.payout_changed_at = state, reason[:200], clock.now()
        if state in (PayoutState.RETURNED, PayoutState.FAILED) and held.state in statement_states.REOPENED:
            held.state, held.approved_by, held.approved_at = SettlementState.MATCHED, "", None
        held.save(update_fields=[
            "payout_state", "payout_reason", "payout_changed_at", "state", "approved_by", "approved_at",
        ])  # fmt: skip
        return _judged(held)


def _judged(settlement: Settlement) -> Settlement:
    tieout.refresh([settlement.pk])
    discrepancies.refresh([settlement.pk])
    return Settlement.objects.get(pk=settlement.pk)
