"""One ticket: what is wrong, what it costs, the evidence, what to do, and everything that happened to it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime

from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import page, require
from tickets import links, selectors
from tickets.models import Resolution, Ticket, TicketState
from tickets.services import tickets
from tickets.types import TYPES
from tickets.views import people
from tickets.views.inbox import at_risk

BENEATH = 50
SAID_ELSEWHERE = ("severity", "rows", "key")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00$")
DECIMAL = re.compile(r"-?\d+\.\d+")


def _assign(request: HttpRequest, found: Ticket) -> str:
    to = people.assignee(request)
    tickets.assign(found.pk, to=to, actor=request.user.get_username())
    return f"Given to {to.get_username() if to else 'nobody'}"


def _comment(request: HttpRequest, found: Ticket) -> str:
    said = text(request, "text", missing="write something first")
    tickets.comment(found.pk, text=said, actor=request.user.get_username())
    return "Noted"


def _snooze(request: HttpRequest, found: Ticket) -> str:
    until = people.until(request)
    reason = request.POST.get("reason", "").strip()
    tickets.snooze(found.pk, until=until, actor=request.user.get_username(), reason=reason)
    return f"It sleeps until {until:%d %b %H:%M} UTC, or until it gets worse"


def _wake(request: HttpRequest, found: Ticket) -> str:
    tickets.wake(found.pk, actor=request.user.get_username())
    return "It is awake again"


def _resolve(request: HttpRequest, found: Ticket) -> str:
    said = request.POST.get("text", "").strip()
    given = people.resolution(request)
    tickets.resolve(found.pk, resolution=given, actor=request.user.get_username(), text=said)
    return f"Resolved: {Resolution(given).label.lower()}"


def _reopen(request: HttpRequest, found: Ticket) -> str:
    tickets.reopen(found.pk, actor=request.user.get_username(), text=request.POST.get("text", "").strip())
    return "Open again"


_ALL = (("assign", _assign), ("comment", _comment), ("snooze", _snooze), ("wake", _wake), ("resolve", _resolve))
BUTTONS = {name: Button(Action.WORK_TICKETS, act) for name, act in (*_ALL, ("reopen", _reopen))}


def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.everything(), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    kind = TYPES.get(found.type)
    beneath = list(selectors.breaches(ticket_id=pk)[:BENEATH])
    latest = beneath[0].evidence if len(beneath) == 1 else found.evidence
    actions = [(each, links.of_action(found, each.key), each.key == found.action) for each in kind.actions]
    context = {
        "ticket": found,
        "kind": kind,
        "money": at_risk(found),
        "actions": sorted((each for each in actions if each[1]), key=lambda each: not each[2]),
        "links": links.of_evidence(found.evidence),
        "inputs": _as_of(found.evidence),
        "facts": _compared(found.evidence, latest),
        "breaches": beneath,
        "children": selectors.children(parent_id=pk).select_related("assignee")[:BENEATH] if found.is_parent else [],
        "timeline": selectors.timeline(ticket_id=pk),
        "is_resolved": found.state == TicketState.RESOLVED,
        "colleagues": people.colleagues(),
        "snoozes": people.SNOOZES.items(),
        "resolutions": Resolution.choices,
        "can": allowed(request, BUTTONS),
    }
    return page(request, "tickets/ticket.html", found.title, context)


def _as_of(evidence: dict[str, Any]) -> list[tuple[str, datetime | None]]:
    """When each input was read."""
    return [(name, parse_datetime(str(at)) if at else None) for name, at in evidence.get("as_of", {}).items()]


def _compared(opening: dict[str, Any], latest: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value at the opening, and the latest value where that is another one."""
    then, now = dict(_facts(opening)), dict(_facts(latest))
    changed = {name: value for name, value in now.items() if then.get(name) != value}
    return [(name, then.get(name, "–"), changed.get(name, "")) for name in {**then, **now}]


def _facts(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Numbers and words that the detector showed, without its yes-or-no facts and what stands elsewhere on the page."""
    shown = {**evidence.get("facts", {}), **evidence.get("shows", {})}
    wanted = {name: value for name, value in shown.items() if not name.startswith("is_") and name not in SAID_ELSEWHERE}
    return [(name, _said(value)) for name, value in wanted.items() if value not in (None, "", [], {})]


def _said(value: Any) -> str:
    """A value as a person writes it: lists with commas, numbers without zeros behind them, moments in UTC."""
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items())
    text = str(value)
    moment = parse_datetime(text) if MOMENT.match(text) else None
    if moment:
        return f"{moment:%-d %b %Y %H:%M} UTC"
    return text.rstrip("0").rstrip(".") if DECIMAL.fullmatch(text) else text
