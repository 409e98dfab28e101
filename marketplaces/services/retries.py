"""What people do about writes that came to nothing and events that could not be applied: once more, with a reason."""

from __future__ import annotations

import logging

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from config.core.work import later
from marketplaces.models import Command, CommandState, EventState, InboxEvent
from marketplaces.services import commands, events, followers, writes

log = logging.getLogger(__name__)
FAILED = (CommandState.REJECTED, CommandState.PARKED)


def command(command_id: int, *, by: str, reason: str) -> Command:
    """Send a refused or parked write again, under its own key; its former answers stay. Raises ValidationError."""
    with transaction.atomic():
        found = Command.objects.select_for_update(of=("self",)).select_related("account").get(pk=command_id)
        _check(found)
        note = {"sent_again_by": by, "because": _said(reason), "after": found.reason}
        found.answer = {**found.answer, clock.now().isoformat(): note}
        found.state, found.reason = CommandState.PLANNED, f"sent again by {by}: {reason.strip()}"
        found.attempts, found.given_back, found.sent_at, found.next_check_at = 0, 0, None, None
        found.save()
        followers.tell([found.pk])
        later("marketplaces.send_command", account_id=found.account_id, command_id=found.pk)
    log.info("command_retried command=%s by=%s", found.pk, by)
    return found


def _check(found: Command) -> None:
    if found.state not in FAILED:
        raise ValidationError(f"this write is {found.state}; only a refused or parked one is sent again")
    writes.require_act(found.account)
    if newer := commands.newer_than(found):
        raise ValidationError(f"write {newer.pk} about the same came later; sending this one would undo it")


def event(event_id: int, *, by: str, reason: str) -> InboxEvent:
    """Apply a failed event again; a body that could not be read is read anew. Raises ValidationError."""
    with transaction.atomic():
        found = InboxEvent.objects.select_for_update(of=("self",)).select_related("account").get(pk=event_id)
        if found.state != EventState.FAILED:
            raise ValidationError(f"this event is {found.state}; only a failed one is applied again")
        told = f"applied again by {by}: {_said(reason)}"
        if found.kind == events.UNREADABLE:
            _read_anew(found, told)
        else:
            found.state, found.error = EventState.RECEIVED, told
            found.save(update_fields=["state", "error"])
        later("marketplaces.apply_events", account_id=found.account_id)
    log.info("event_retried event=%s by=%s", found.pk, by)
    return found


def _read_anew(found: InboxEvent, told: str) -> None:
    """The events in the body are kept under their own ids, and the body that held them is done with."""
    body = bytes(found.body)
    if not events.keep(found.account, body, {}, found.media_type):
        raise ValidationError("there is still no event to be found in this body")
    found.state, found.error = EventState.IGNORED, f"{told}; its events stand on their own now"
    found.save(update_fields=["state", "error"])


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValidationError("say why; the next person will ask")
    return reason.strip()
