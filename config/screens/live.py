"""What happened last: newest orders, runs and tickets after a cursor; parts only."""

from __future__ import annotations

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

NEWEST = 8
MOST = 20
BACK = timedelta(hours=24)


def newest() -> dict[str, Any]:
    """The newest orders, for the home page."""
    return {"rows": list(goods.newest_orders(limit=NEWEST))}


def since(request: HttpRequest) -> HttpResponse:
    """Orders, runs that did not go well and ticket events after the moment that the page sends back."""
    require(request, Action.VIEW)
    now = clock.now()
    after = max(_moment(request.GET.get("after", "")) or now - BACK, now - BACK)
    rows = sorted([*_orders(after), *_runs(after), *_tickets(after)], key=lambda row: row["at"], reverse=True)
    return render(request, "live/_events.html", {"rows": rows[:MOST], "cursor": now.isoformat()})


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _orders(after: datetime) -> list[dict[str, Any]]:
    found = goods.newest_orders(limit=MOST)
    return [{"at": o.ordered_at, "kind": "order", "order": o} for o in found if o.ordered_at > after]


def _runs(after: datetime) -> list[dict[str, Any]]:
    bad = SyncRun.objects.filter(state__in=[RunState.FAILED, RunState.STOPPED], started_at__gt=after)
    found = bad.select_related("account").order_by("-started_at")[:MOST]
    return [{"at": run.started_at, "kind": "run", "run": run} for run in found]


def _tickets(after: datetime) -> list[dict[str, Any]]:
    found = tickets.events_since(moment=after, limit=MOST)
    return [{"at": event.at, "kind": "ticket", "event": event} for event in found]
