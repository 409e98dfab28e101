"""What a person decides about a discrepancy."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from config.core.events import announce
from finance.models import Discrepancy, DiscrepancyState
from finance.signals import discrepancies_changed


def accept(discrepancy: Discrepancy, *, by: str, reason: str) -> Discrepancy:
    """Live with the difference; it stays accepted for as long as its amount stays the same."""
    return _close(discrepancy, DiscrepancyState.ACCEPTED, by=by, reason=reason)


def resolve(discrepancy: Discrepancy, *, by: str, reason: str) -> Discrepancy:
    """Say that it is settled; the next reconciliation opens it again when it is still found."""
    return _close(discrepancy, DiscrepancyState.RESOLVED, by=by, reason=reason)


def _close(discrepancy: Discrepancy, state: str, *, by: str, reason: str) -> Discrepancy:
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    with transaction.atomic():
        changed = Discrepancy.objects.filter(pk=discrepancy.pk, state=DiscrepancyState.OPEN).update(
            state=state, closed_at=clock.now(), closed_by=by, closed_reason=reason[:200]
        )
        if not changed:
            raise ValidationError("this discrepancy is not open any more; look at it again")
        announce(discrepancies_changed, ids=[discrepancy.pk])
    discrepancy.refresh_from_db()
    return discrepancy
