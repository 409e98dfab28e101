"""Claims: opened on a difference, submitted with their evidence, paid by rows of later statements, or refused."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from config.core import clock
from finance import order_money
from finance.classes import Scope
from finance.models import Claim, ClaimState, Discrepancy, DiscrepancyKind, DiscrepancyState, Recovery, SettlementLine
from finance.selectors import statements as selectors
from finance.services import hand_matches

DAYS_TO_CLAIM: dict[str, int] = {
    DiscrepancyKind.REFUND_WITHOUT_RETURN: 60,
    DiscrepancyKind.REIMBURSEMENT_SHORT: 60,
    DiscrepancyKind.FEE_OVERCHARGE: 90,
}
USUAL_DAYS = 90
PAYS = ("reimbursement", "claim", "adjustment", "fee_reversal", "principal")
_ENDS = frozenset({ClaimState.RECOVERED, ClaimState.REFUSED, ClaimState.WITHDRAWN})
_MOVES: dict[str, frozenset[str]] = {
    ClaimState.DRAFT: frozenset({ClaimState.SUBMITTED, ClaimState.WITHDRAWN}),
    ClaimState.SUBMITTED: _ENDS | {ClaimState.PARTLY_RECOVERED},
    ClaimState.PARTLY_RECOVERED: _ENDS,
    ClaimState.REFUSED: frozenset(),
    ClaimState.RECOVERED: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
}  # fmt: skip


def open_for(
    discrepancy: Discrepancy, *, by: str, asked: Decimal | None = None, deadline_on: date | None = None, note: str = ""
) -> Claim:
    """A draft asking for what the discrepancy says is owed, unless another amount is given; deadlines are counted from it."""
    amount = asked if asked is not None else discrepancy.amount
    if amount is None or amount <= 0 or not discrepancy.currency:
        raise ValidationError("a claim asks for a positive amount, and this difference tells none")
    days = DAYS_TO_CLAIM.get(discrepancy.kind, USUAL_DAYS)
    try:
        with transaction.atomic():
            return Claim.objects.create(
                account_id=discrepancy.account_id, discrepancy=discrepancy, kind=discrepancy.kind, asked=amount,
                order_line_id=discrepancy.order_line_id, order_ref=discrepancy.order_ref, currency=discrepancy.currency,
                deadline_on=deadline_on or (discrepancy.first_seen_at + timedelta(days=days)).date(), note=note[:300],
                opened_by=by, opened_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise ValidationError("a claim about it is open already") from error


def submit(claim: Claim, *, by: str, reference: str = "") -> Claim:
    """It was handed to the marketplace; the evidence is kept as it is now."""
    with transaction.atomic():
        _check(claim, ClaimState.SUBMITTED)
        claim.evidence = evidence(claim)
        claim.state, claim.reference = ClaimState.SUBMITTED, reference[:120]
        claim.submitted_by, claim.submitted_at = by, clock.now()
        return _saved(claim)


def refuse(claim: Claim, *, by: str, reason: str) -> Claim:
    return _close(claim, ClaimState.REFUSED, by=by, reason=reason)


def withdraw(claim: Claim, *, by: str, reason: str) -> Claim:
    return _close(claim, ClaimState.WITHDRAWN, by=by, reason=reason)


def recover(claim: Claim, line: SettlementLine, *, by: str) -> Claim:
    """Match a statement row that pays the claim; the sum of such rows is what was recovered, and decides its state."""
    if line.account_id != claim.account_id or line.currency != claim.currency:
        raise ValidationError("the row belongs to another account or currency")
    if line.amount <= 0 or line.line_class not in PAYS:
        raise ValidationError(f"a row of class {line.line_class} over {line.amount} pays no claim")
    if claim.state not in (ClaimState.SUBMITTED, ClaimState.PARTLY_RECOVERED):
        raise ValidationError(f"the claim is {claim.get_state_display()}; only a submitted one can be paid")
    try:
        with transaction.atomic():
            Recovery.objects.create(
                claim=claim, settlement_id=line.settlement_id, source_hash=line.source_hash, amount=line.amount,
                ordinal=hand_matches.ordinal(line), matched_by=by, matched_at=clock.now(),
            )  # fmt: skip
            claim.recovered = claim.recoveries.aggregate(sum=Sum("amount"))["sum"]
            is_whole = claim.recovered >= claim.asked
            claim.state = ClaimState.RECOVERED if is_whole else ClaimState.PARTLY_RECOVERED
            if is_whole:
                claim.closed_by, claim.closed_at = by, clock.now()
                _resolve(claim, by)
            return _saved(claim)
    except IntegrityError as error:
        raise ValidationError("this row pays a claim already") from error


def evidence(claim: Claim) -> dict[str, Any]:
    """What proves the claim: the difference, every row settled for the order, and the raw pages they come from."""
    found = claim.discrepancy
    told = [
        {
            "statement": row.settlement.external_id, "row": row.row_no, "class": row.line_class,
            "labels": [row.label_type, row.label_group, row.label_text], "amount": str(row.amount),
            "currency": row.currency, "posted_at": row.posted_at.isoformat() if row.posted_at else None,
            "raw_page": row.settlement.page_id, "hash": row.source_hash,
        }
        for row in _rows(claim)
    ]  # fmt: skip
    return {
        "kind": claim.kind, "order": claim.order_ref, "asked": str(claim.asked), "currency": claim.currency,
        "difference": found.evidence, "first_seen_at": found.first_seen_at.isoformat(), "rows": told,
        "raw_pages": sorted({row["raw_page"] for row in told if row["raw_page"]}),
    }  # fmt: skip


def _rows(claim: Claim) -> QuerySet[SettlementLine]:
    """Everything settled for the order; without one, what the statement charged the account of the class in question."""
    if claim.order_ref:
        return selectors.settled_of_order(account=claim.account_id, order_ref=claim.order_ref)
    found = claim.discrepancy
    charged = selectors.statement_lines(settlement=found.settlement_id or 0, scope=Scope.ACCOUNT)
    return charged.filter(line_class=found.evidence.get("class", "")).select_related("settlement")


def _resolve(claim: Claim, by: str) -> None:
    Discrepancy.objects.filter(pk=claim.discrepancy_id, state=DiscrepancyState.OPEN).update(
        state=DiscrepancyState.RESOLVED, closed_at=clock.now(), closed_by=by, closed_reason=f"claim {claim.pk} was paid"
    )


def _close(claim: Claim, state: str, *, by: str, reason: str) -> Claim:
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    with transaction.atomic():
        _check(claim, state)
        claim.state, claim.closed_by, claim.closed_at, claim.note = state, by, clock.now(), reason[:300]
        return _saved(claim)


def _check(claim: Claim, state: str) -> None:
    if state not in _MOVES[claim.state]:
        raise ValidationError(f"a claim that is {claim.get_state_display()} cannot become {ClaimState(state).label}")


def _saved(claim: Claim) -> Claim:
    claim.save()
    if claim.order_line_id:
        order_money.rebuild([claim.order_line_id])
    return claim
