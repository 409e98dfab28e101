"""A person approves a statement; exporting and locking its month follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from config.core.money import Money
from finance import statement_states
from finance.models import Discrepancy, DiscrepancyState, IdentityCheck, Settlement, SettlementState


def objections(
    settlement: Settlement, *, checks: Sequence[IdentityCheck] | None = None, found: Sequence[Discrepancy] | None = None
) -> list[str]:
    """Why a statement cannot be approved yet, in words; empty when it can. Checks and discrepancies may be given."""
    known = list(settlement.discrepancies.all()) if found is None else found
    against = [] if settlement.state == SettlementState.MATCHED else [f"it is {settlement.state}, not matched"]
    if settlement.residual != 0:
        rest = settlement.residual
        told = settlement.residual_reason if rest is None else f"the residual is {Money(rest, settlement.currency)}"
        against.append(told or "the residual is not known")
    open_ones = sum(each.state == DiscrepancyState.OPEN for each in known)
    if open_ones:
        against.append(f"{open_ones} discrepancies are open: settle or accept them first")
    accepted = {each.kind for each in known if each.state == DiscrepancyState.ACCEPTED}
    failed = [each.number for each in checks or settlement.checks.order_by("number") if each.passed is False]
    bare = [number for number in failed if not accepted.intersection(EXCEPTIONS.get(number, ()))]
    return against + [f"identity {number} does not hold, and nobody accepted why" for number in bare]


EXCEPTIONS = {
    1: ("inconsistent",), 2: ("deposit_mismatch",), 3: ("reserve_held", "inconsistent"), 4: ("inconsistent",),
    5: ("unmatched",), 6: ("statement_gap",),
}  # fmt: skip
"""The accepted discrepancy that excuses each identity."""


def approve(settlement: Settlement, *, by: str, note: str = "") -> Settlement:
    """Approve a statement whose residual is 0.00 and whose identities hold or are excused; raises what stands against it."""
    with transaction.atomic():
        held = Settlement.objects.select_for_update().get(pk=settlement.pk)
        against = objections(held)
        if against:
            raise ValidationError(against)
        statement_states.check(statement_states.MOVES, held.state, SettlementState.APPROVED)
        held.state, held.approved_by, held.approved_at = SettlementState.APPROVED, by, clock.now()
        held.approval_note = note[:200]
        held.save(update_fields=["state", "approved_by", "approved_at", "approval_note"])
    return held


def withdraw(settlement: Settlement, *, by: str, reason: str) -> Settlement:
    """Take an approval back, with the reason; a locked statement stays."""
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    with transaction.atomic():
        held = Settlement.objects.select_for_update().get(pk=settlement.pk)
        if held.state not in statement_states.REOPENED:
            raise ValidationError(f"it is {held.state}, so there is no approval to take back")
        held.state, held.approved_by, held.approved_at = SettlementState.MATCHED, "", None
        held.approval_note = f"taken back by {by}: {reason}"[:200]
        held.save(update_fields=["state", "approved_by", "approved_at", "approval_note"])
    return held


def lock(settlement_ids: Sequence[int], *, by: str, note: str) -> int:
    """Lock statements with their month, whose checklist two persons answered for: that approves those not approved yet.

    One that is only tied is locked as well, because its unmatched rows were accepted with the month. One that is not
    whole stays as it is. Returns how many were locked.
    """
    with transaction.atomic():
        held = Settlement.objects.select_for_update().filter(pk__in=settlement_ids)
        fresh = (SettlementState.TIED, SettlementState.MATCHED)
        held.filter(state__in=fresh).update(approved_by=by, approved_at=clock.now(), approval_note=note[:200])
        mark(held.filter(state=SettlementState.MATCHED).values_list("pk", flat=True), SettlementState.APPROVED)
        ready = held.filter(state__in=(SettlementState.TIED, *statement_states.REOPENED))
        return len(mark(ready.values_list("pk", flat=True), SettlementState.LOCKED))


def mark(settlement_ids: Iterable[int], state: str) -> list[int]:
    """Move statements along the table, all or none; for those who export and lock months. Returns which."""
    with transaction.atomic():
        rows = list(Settlement.objects.select_for_update().filter(pk__in=list(settlement_ids)).order_by("pk"))
        for row in rows:
            if row.state != state:
                statement_states.check(statement_states.MOVES, row.state, state)
        ids = [row.pk for row in rows]
        Settlement.objects.filter(pk__in=ids).update(state=state)
    return ids
