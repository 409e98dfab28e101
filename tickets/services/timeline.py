"""Writes the lines of tickets' timelines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.core import clock
from tickets.models import EventKind, Ticket, TicketEvent

ENGINE = "engine"


def line(
    ticket: Ticket, kind: EventKind, *, actor: str = ENGINE, text: str = "", facts: Mapping[str, Any] | None = None
) -> TicketEvent:
    """A line of now, not saved yet."""
    return TicketEvent(ticket=ticket, kind=kind, actor=actor, text=text, facts=dict(facts or {}), at=clock.now())


def add(ticket: Ticket, kind: EventKind, **said: Any) -> TicketEvent:
    """A line of now, saved."""
    event = line(ticket, kind, **said)
    event.save()
    return event
