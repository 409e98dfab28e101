"""What people decide about writes: held sets, drifted fields, learned rules, owners of fields, another try."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from catalog.models import (
    BatchState,
    LearnedRule,
    OfferChange,
    OfferField,
    OfferState,
    OnDrift,
    PublishBatch,
)
from catalog.publishing import deltas, drift
from config.core import clock

FAILED = (OfferState.REJECTED, OfferState.UNKNOWN)


def approve(batch_id: int, *, by: str) -> PublishBatch:
    """Let a held set leave. Whoever asked for one of its changes is not the second person; raises ValidationError."""
    with transaction.atomic():
        batch = _open(batch_id)
        if by in batch.asked_by:
            raise ValidationError("you asked for these changes yourself; a second person must agree")
        _decide(batch, BatchState.APPROVED, by)
        waiting = OfferField.objects.filter(batch=batch, state=OfferState.WAITING)
        waiting.update(state=OfferState.PLANNED, reason="", due_at=clock.now())
        deltas.ask_again(batch.account_id)
    return batch


def decline(batch_id: int, *, by: str, reason: str) -> PublishBatch:
    """Withdraw the changes of a held set: what was confirmed, or is live, is what is wanted again."""
    why = _said(reason)
    with transaction.atomic():
        batch = _open(batch_id)
        _decide(batch, BatchState.DECLINED, by, why)
        waiting = OfferField.objects.filter(batch=batch, state=OfferState.WAITING)
        OfferChange.objects.filter(offer__in=waiting, outcome="open").update(outcome="rejected")
        waiting.update(
            state=OfferState.REJECTED, wanted=Coalesce(F("confirmed"), F("live")), reason=f"declined by {by}: {why}"
        )
    return batch


def _open(batch_id: int) -> PublishBatch:
    batch = PublishBatch.objects.select_for_update(of=("self",)).select_related("account").get(pk=batch_id)
    if batch.state != BatchState.WAITING:
        raise ValidationError(f"this was {batch.state} by {batch.decided_by} already")
    return batch


def _decide(batch: PublishBatch, state: str, by: str, note: str = "") -> None:
    batch.state, batch.decided_by, batch.decided_at, batch.note = state, by, clock.now(), note
    batch.save()


def settle(ids: Sequence[int], how: str, *, by: str) -> int:
    """Restore our value of drifted fields, or adopt theirs; raises ValidationError where none of them has drifted."""
    if how not in (OnDrift.RESTORE, OnDrift.ADOPT):
        raise ValidationError("a drifted field is restored or adopted")
    done = drift.settle(list(ids), how=how, by=by)
    if not done:
        raise ValidationError("none of these has drifted; somebody may have settled it already")
    return done


def retry(ids: Sequence[int], *, by: str) -> int:
    """Send refused and unknown fields again, from the first attempt on; returns how many."""
    with transaction.atomic():
        found = OfferField.objects.filter(pk__in=list(ids), state__in=FAILED, account__stage="act")
        accounts = list(found.order_by("account_id").values_list("account_id", flat=True).distinct())
        done = found.update(
            state=OfferState.PLANNED, attempts=0, due_at=clock.now(), wanted_at=clock.now(), asked_by=by, reason=""
        )
        for account_id in accounts:
            deltas.ask_again(account_id)
    if not done:
        raise ValidationError("only refused or unknown fields of accounts that may act are sent again")
    return done


def waive(rule_id: int, *, by: str, reason: str) -> LearnedRule:
    """Let the refused value be tried again for such products; the rule stays, with who and why."""
    rule = LearnedRule.objects.get(pk=rule_id)
    rule.is_waived, rule.waived_by, rule.note = True, by, _said(reason)
    rule.save()
    return rule


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    return reason.strip()
