"""The inbox: what waits for a person, the worst and dearest first, with actions on many at once."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.buttons import Button, chosen, press
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from tickets import selectors
from tickets.filters import TicketFilter
from tickets.models import Resolution, Ticket
from tickets.services import tickets
from tickets.types import TYPES
from tickets.views import people

SHOWN = ("q", "severity", "type", "account", "state", "is_assigned", "assignee", "brand", "money_at_least")
VIEWS = (
    ("Open", ""),
    ("Mine", "view=mine"),
    ("Nobody's", "is_assigned=false"),
    ("Money", "category=finance"),
    ("To ship", "type=unshipped_order"),
    ("Technical", "category=technical"),
    ("Groups", "is_parent=true"),
    ("Snoozed", "state=snoozed"),
    ("Resolved", "state=resolved"),
)


def _assign(request: HttpRequest) -> str:
    to, ids = people.assignee(request), chosen(request)
    with transaction.atomic():
        for pk in ids:
            tickets.assign(pk, to=to, actor=request.user.get_username())
    return f"{len(ids)} given to {to.get_username() if to else 'nobody'}"


def _snooze(request: HttpRequest) -> str:
    until, ids = people.until(request), chosen(request)
    with transaction.atomic():
        for pk in ids:
            tickets.snooze(pk, until=until, actor=request.user.get_username())
    return f"{len(ids)} sleep until {until:%d %b %H:%M} UTC, or until they get worse"


def _resolve(request: HttpRequest) -> str:
    closed = tickets.resolve_all(
        chosen(request), resolution=people.resolution(request), actor=request.user.get_username()
    )
    return f"{closed} resolved"


BUTTONS = {
    "assign": Button(Action.WORK_TICKETS, _assign),
    "snooze": Button(Action.WORK_TICKETS, _snooze),
    "resolve": Button(Action.WORK_TICKETS, _resolve),
}


def _found(request: HttpRequest) -> QuerySet[Ticket]:
    """What waits, unless a state is asked for; a view of one's own is `view=mine`."""
    found = selectors.everything() if request.GET.get("state") else selectors.inbox()
    return found.filter(assignee=request.user.pk) if request.GET.get("view") == "mine" else found


def at_risk(ticket: Ticket) -> Money | None:
    known = ticket.money_per_day is not None and ticket.currency
    return Money(ticket.money_per_day, ticket.currency) if known else None


INBOX = Listing(
    title="Tickets",
    queryset=_found,
    filterset=TicketFilter,
    columns=(
        Column("", "severity", "badge", sort="severity"),
        Column("What", lambda ticket: ticket, "ticket"),
        Column("Type", lambda ticket: TYPES.get(ticket.type).label, is_wide_only=True),
        Column("Account", "account.label", is_wide_only=True),
        Column("At risk per day", at_risk, "money", sort="money_rank"),
        Column("Who", lambda ticket: ticket.assignee.get_username() if ticket.assignee else "nobody"),
        Column("Opened", "opened_at", "since", sort="opened_at"),
        Column("State", "state", "badge", is_wide_only=True),
    ),
    order_by=("severity", F("money_rank").desc(nulls_last=True), "-opened_at", "-pk"),  # type: ignore[arg-type]
    link=lambda ticket: reverse("tickets:ticket", args=[ticket.pk]),
    action_permission=Action.WORK_TICKETS,
    actions={"assign": "Assign", "snooze": "Snooze", "resolve": "Resolve"},
    empty="Nothing waits for you. New tickets appear here by themselves.",
    template="tickets/inbox.html",
)


def inbox(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    return listing(request, INBOX, _around(request))


def _around(request: HttpRequest) -> dict[str, Any]:
    counts = selectors.counts()
    here = request.GET.urlencode()
    return {
        "bulk": "tickets/_bulk.html",
        "shown": SHOWN,
        "colleagues": people.colleagues(),
        "snoozes": people.SNOOZES.items(),
        "resolutions": Resolution.choices,
        "views": [(name, query, here == query) for name, query in VIEWS],
        "kinds": [each for each in counts if each.open or each.hidden],
        "hidden": sum(each.hidden for each in counts),
    }
