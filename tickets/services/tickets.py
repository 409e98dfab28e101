"""What people do with tickets. Each verb returns the changed ticket and leaves a line on its timeline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock, events, tenancy
from tickets import signals
from tickets.models import UNRESOLVED, EventKind, Resolution, Snooze, Ticket, TicketEvent, TicketState
from tickets.services import timeline


@transaction.atomic
def assign(ticket_id: int, *, to: Any | None, actor: str) -> Ticket:
    """Make a user responsible; None takes the ticket from whoever has it."""
    ticket = _locked(ticket_id)
    ticket.assignee = to
    return _said(ticket, EventKind.ASSIGNED, actor, f"to {to.get_username()}" if to else "to nobody")


@transaction.atomic
def comment(ticket_id: int, *, text: str, actor: str) -> Ticket:
    """Add a remark; an empty one raises ValidationError."""
    if not text.strip():
        raise ValidationError({"text": "write something"})
    return _said(_locked(ticket_id), EventKind.COMMENT, actor, text.strip())


@transaction.atomic
def snooze(ticket_id: int, *, until: datetime, actor: str, reason: str = "") -> Ticket:
    """Let an unresolved ticket sleep until a moment to come, or until it gets worse."""
    if until <= clock.now():
        raise ValidationError({"until": "choose a moment that is still to come"})
    ticket = _locked(ticket_id, unresolved=True)
    _end_snooze(ticket)
    Snooze.objects.create(ticket=ticket, until=until, reason=reason, asked_by=actor, asked_at=clock.now())
    ticket.state, ticket.snoozed_until = TicketState.SNOOZED, until
    return _said(ticket, EventKind.SNOOZED, actor, reason, until=until.isoformat())


@transaction.atomic
def wake(ticket_id: int, *, actor: str) -> Ticket:
    """End a snooze now."""
    ticket = _locked(ticket_id, unresolved=True)
    if ticket.state != TicketState.SNOOZED:
        return ticket
    _end_snooze(ticket)
    ticket.state, ticket.snoozed_until = TicketState.OPEN, None
    return _said(ticket, EventKind.WOKE, actor, "")


def wake_due() -> dict[str, int]:
    """End every snooze whose time has come."""
    due = Ticket.objects.filter(state=TicketState.SNOOZED, snoozed_until__lte=clock.now()).values_list("pk", flat=True)
    woken = [wake(ticket_id, actor=timeline.ENGINE) for ticket_id in due]
    return {"woken": len(woken)}


@transaction.atomic
def resolve(ticket_id: int, *, resolution: str, actor: str, text: str = "") -> Ticket:
    """Close a ticket and, when it is a parent, its children. The resolution must be one of `Resolution`.

    While the cause lasts, *fixed* is believed for an hour; the other answers are believed until the cause comes back.
    """
    if resolution not in Resolution.values:
        raise ValidationError({"resolution": f"choose one of {', '.join(Resolution.values)}"})
    ticket = _locked(ticket_id, unresolved=True)
    children = list(ticket.children.filter(state__in=UNRESOLVED).select_for_update()) if ticket.is_parent else []
    for each in (ticket, *children):
        _close(each, resolution)
        _said(each, EventKind.RESOLVED, actor, text, resolution=resolution)
    events.announce(signals.ticket_resolved, ids=[ticket.pk, *(child.pk for child in children)])
    return ticket


@transaction.atomic
def reopen(ticket_id: int, *, actor: str, text: str = "") -> Ticket:
    """Open a resolved ticket again; refused when another one of the same identity is open by now."""
    ticket = _locked(ticket_id)
    if ticket.state != TicketState.RESOLVED:
        return ticket
    twins = Ticket.objects.filter(type=ticket.type, scope_key=ticket.scope_key, state__in=UNRESOLVED)
    if twins.exists():
        raise ValidationError("a newer ticket about the same thing is open; work on that one")
    ticket.state, ticket.resolution, ticket.resolved_at = TicketState.OPEN, "", None
    ticket.reopen_count += 1
    ticket = _said(ticket, EventKind.REOPENED, actor, text)
    events.announce(signals.ticket_opened, ids=[ticket.pk])
    return ticket


def resolve_all(ticket_ids: Iterable[int], *, resolution: str, actor: str) -> int:
    """Close many tickets with one answer; those resolved meanwhile are left alone. Returns how many were closed."""
    ids = Ticket.objects.filter(pk__in=ticket_ids, state__in=UNRESOLVED).order_by("pk").values_list("pk", flat=True)
    closed = 0
    for ticket_id in list(ids):
        if Ticket.objects.filter(pk=ticket_id, state__in=UNRESOLVED).exists():
            resolve(ticket_id, resolution=resolution, actor=actor)
            closed += 1
    return closed


def acted(ticket_id: int, *, actor: str, text: str, facts: dict[str, Any]) -> TicketEvent:
    """Write the result or the effect of an action onto the timeline."""
    return timeline.add(Ticket.objects.get(pk=ticket_id), EventKind.ACTED, actor=actor, text=text, facts=facts)


def _close(ticket: Ticket, resolution: str) -> None:
    _end_snooze(ticket)
    ticket.state, ticket.resolution, ticket.snoozed_until = TicketState.RESOLVED, resolution, None
    ticket.resolved_at = clock.now()


def _end_snooze(ticket: Ticket) -> None:
    ticket.snoozes.filter(ended_at=None).update(ended_at=clock.now())


def _locked(ticket_id: int, *, unresolved: bool = False) -> Ticket:
    tenancy.take_turn("tickets")
    ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
    if unresolved and ticket.state == TicketState.RESOLVED:
        raise ValidationError("this ticket is resolved already; reopen it first")
    return ticket


def _said(ticket: Ticket, kind: EventKind, actor: str, text: str, **facts: Any) -> Ticket:
    ticket.changed_at = clock.now()
    ticket.save()
    timeline.add(ticket, kind, actor=actor, text=text, facts=facts)
    return ticket
