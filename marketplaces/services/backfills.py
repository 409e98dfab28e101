"""Spans read again because a person asked: window by window, from where the last one ended, moving no cursor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from config.core import clock
from config.core.errors import NinefoldError, Rejected
from config.core.work import later
from marketplaces import registry
from marketplaces.contract import Resource
from marketplaces.models import Account, Backfill, RunReason, RunState, SyncRun, SyncState
from marketplaces.sync import run
from marketplaces.sync.window import Span


def ask(account: Account, resource: str, span: Span, *, by: str = "") -> Backfill:
    """Have a span read again by workers; the same span that is open already goes on. Raises Rejected with why not."""
    since, until = span
    _refuse(account, resource, span)
    with transaction.atomic():
        found, _ = Backfill.objects.get_or_create(
            account=account, resource=resource, since=since, until=until, finished_at=None,
            defaults={"read_until": since, "asked_by": by[:150], "asked_at": clock.now()},
        )  # fmt: skip
        _go_on(found)
    return found


def moment(given: str) -> datetime:
    """A day (its midnight, UTC) or a moment in ISO form; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(given.strip())
    except ValueError as error:
        raise Rejected(f"{given!r} is no day like 2026-09-30", code="bad_span") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read(account_id: int, backfill_id: int) -> dict[str, int]:
    """Read the next windows, then ask for the rest. A paused account or flow is left alone until it is resumed."""
    found = Backfill.objects.select_related("account").get(pk=backfill_id, account=account_id)
    if found.finished_at or _pause(found.account, found.resource):
        return {"skipped": 1}
    try:
        total = run.pull(run.Task(found.account, _resource(found), RunReason.BACKFILL, backfill=found))
    except NinefoldError as error:
        Backfill.objects.filter(pk=found.pk).update(trouble=str(error)[:500])
        raise
    _settle(found)
    return total


def resume(account: Account) -> None:
    """Let all open backfills of an account go on."""
    for found in Backfill.objects.filter(account=account, finished_at=None):
        _go_on(found)


def _settle(found: Backfill) -> None:
    """Close it at the end of its span; a poisoned page stops it, everything else goes on."""
    last = SyncRun.objects.filter(backfill=found).order_by("-pk").first()
    with transaction.atomic():
        found.trouble = last.error[:500] if last and last.state == RunState.STOPPED else ""
        found.finished_at = clock.now() if found.read_until >= found.until else None
        found.save(update_fields=["trouble", "finished_at"])
        if not found.finished_at and not found.trouble:
            _go_on(found)


def _go_on(found: Backfill) -> None:
    dedupe = f"backfill:{found.pk}:{found.read_until.isoformat()}"
    later("marketplaces.backfill", account_id=found.account_id, dedupe=dedupe, backfill_id=found.pk)


def _resource(found: Backfill) -> Resource:
    return registry.get(found.account.marketplace).resource(found.resource)


def _refuse(account: Account, resource: str, span: Span) -> None:
    since, until = span
    now = clock.now()
    try:
        wanted = registry.get(account.marketplace).resource(resource)
    except LookupError as error:
        raise Rejected(str(error), code="unknown_resource") from error
    reasons: dict[str, Any] = {
        "snapshot": wanted.is_snapshot and f"{resource} tells only how things stand now; run it now instead",
        "bad_span": since >= until and "the span ends before it begins",
        "future": until > now and "the span ends in the future",
        "too_old": since < now - wanted.history
        and f"the marketplace keeps {wanted.history.days} days only; begin later",
        "paused": _pause(account, resource),
    }
    for code, reason in reasons.items():
        if reason:
            raise Rejected(reason, code=code)


def _pause(account: Account, resource: str) -> str:
    """Why nothing is read now; empty when nothing is in the way."""
    if account.is_paused:
        return f"{account.label} is {account.get_status_display()}: {account.status_reason}; resume it first"
    flow = SyncState.objects.filter(account=account, resource=resource, is_paused=True).first()
    return f"{resource} of {account.label} is paused: {flow.pause_reason}; resume it first" if flow else ""
