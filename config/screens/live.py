"""What happened last: newest orders, runs that went wrong and ticket events after a cursor; parts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.core import clock
from config.core.permissions import Action
from config.core.screens import require
from inventory import selectors as goods
from marketplaces.models import RunState, SyncRun
from tickets import selectors as tickets
from tickets.models import TicketEvent

MOST = 12
BACK = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Up to where a page has seen: the last order and ticket event by id, runs by the moment they ended."""

    order: int
    event: int
    moment: datetime

    def __str__(self) -> str:
        return f"{self.order}~{self.event}~{self.moment.isoformat()}"


def since(request: HttpRequest) -> HttpResponse:
    """Rows that the page has not seen, newest first, and the cursor for its next question."""
    require(request, Action.VIEW)
    cursor = read(request.GET.get("after", ""))
    rows = [*_orders(cursor.order), *_tickets(cursor.event), *_runs(cursor.moment)]
    following = Cursor(
        max((row["order"].pk for row in rows if "order" in row), default=cursor.order),
        max((row["event"].pk for row in rows if "event" in row), default=cursor.event),
        clock.now(),
    )
    shown = sorted(rows, key=lambda row: row["at"], reverse=True)[:MOST]
    return render(request, "live/_events.html", {"rows": shown, "cursor": str(following)})


def read(text: str) -> Cursor:
    """The cursor that a page sent back; one that cannot be read begins a day ago."""
    order, _, rest = text.partition("~")
    event, _, moment = rest.partition("~")
    try:
        found = Cursor(int(order), int(event), datetime.fromisoformat(moment))
    except ValueError:
        return Cursor(0, 0, clock.now() - BACK)
    return found if found.moment.tzinfo else Cursor(found.order, found.event, clock.now() - BACK)


def _orders(after: int) -> list[dict[str, Any]]:
    found = goods.orders_since(order_id=after, limit=MOST)
    return [{"at": order.ordered_at, "kind": "order", "order": order} for order in found]


def _tickets(after: int) -> list[dict[str, Any]]:
    found = tickets.events_since(moment=clock.now() - BACK, limit=MOST)
    return [{"at": event.at, "kind": "ticket", "event": event} for event in _new(found, after)]


def _new(events: Any, after: int) -> list[TicketEvent]:
    return [event for event in events if event.pk > after]


def _runs(after: datetime) -> list[dict[str, Any]]:
    bad = SyncRun.objects.filter(state__in=[RunState.FAILED, RunState.STOPPED], finished_at__gt=after)
    found = bad.select_related("account").order_by("-finished_at")[:MOST]
    return [{"at": run.finished_at, "kind": "run", "run": run} for run in found]
