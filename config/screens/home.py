"""The day at a glance. Each tile is a part with its own address, so that it refreshes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from config.core import clock
from config.core.models import WorkItem, WorkState
from config.core.permissions import Action, may
from config.core.screens import page, require
from config.core.templatetags.charts import Series
from config.screens import margins, totals
from config.screens.health_strip import strip
from finance.selectors import statements as money
from finance.selectors import worklist
from inventory import sales as roll_ups
from inventory import selectors as goods
from tickets import selectors as tickets
from tickets import standing
from tickets.models import Severity

WEEKS = 4
AWAITING = 6
VARIANCE = "variance"


@dataclass(frozen=True, slots=True)
class Tile:
    """One part of the page: what it shows, its template, and how often it is read again, in seconds."""

    read: Callable[[], dict[str, Any]]
    needs: Action = Action.VIEW
    every: int = 60


def home(request: HttpRequest) -> HttpResponse:
    require(request, Action.VIEW)
    shown = {name: tile for name, tile in TILES.items() if may(request.user, tile.needs)}
    tiles = {name: {"name": name, "every": tile.every, **tile.read()} for name, tile in shown.items()}
    return page(request, "home/page.html", "The day at a glance", {"tiles": tiles})


def part(request: HttpRequest, name: str) -> HttpResponse:
    """One tile alone, for its own refresh."""
    if name not in TILES:
        raise Http404(f"no part of the home page is called {name}")
    require(request, TILES[name].needs)
    return render(request, f"home/_{name}.html", {"tile": TILES[name].read()})


def revenue() -> dict[str, Any]:
    """Revenue today, yesterday and in seven days, converted by day and per currency, with four weeks as bars."""
    today = clock.now().date()
    since = today - timedelta(days=7 * WEEKS - 1)
    to = totals.reporting_currency()
    days, _ = roll_ups.sales_days(since=since, until=today)
    converter = totals.Converter(to, {currency for _, currency in days}, since=since, until=today)
    spans = {"today": 0, "yesterday": 1, "seven": 6, "before": 13}
    starts = {name: today - timedelta(days=back) for name, back in spans.items()}
    ends = {"today": today, "yesterday": starts["yesterday"], "seven": today, "before": today - timedelta(days=7)}
    found = {name: totals.between(days, starts[name], ends[name]) for name in spans}
    figures = {name: converter.total(part) for name, part in found.items()}
    return {
        "figures": figures,
        "change": _change(figures["seven"], figures["before"]),
        "currencies": _per_currency(found),
        "to": to,
        "days": [since + timedelta(days=n) for n in range(7 * WEEKS)],
        "series": [Series("revenue", converter.per_day(days))],
        "basis": converter.basis(),
    }


def _per_currency(found: dict[str, dict[Any, Decimal]]) -> list[dict[str, Any]]:
    sums = {name: totals.by_currency(days) for name, days in found.items()}
    codes = sorted({code for each in sums.values() for code in each if code})
    return [{"currency": code, **{name: each.get(code, Decimal(0)) for name, each in sums.items()}} for code in codes]


def _change(now: totals.Total, before: totals.Total) -> Decimal | None:
    """Percent against the seven days before; None where either is not known."""
    if now.money is None or before.money is None or not before.money.amount:
        return None
    return ((now.money.amount / before.money.amount - 1) * 100).quantize(Decimal("0.1"))


def orders() -> dict[str, Any]:
    """Orders placed today, and what waits: to ship, late, lines whose product is not known."""
    today = clock.now().date()
    _, placed = roll_ups.sales_days(since=today, until=today)
    return {**goods.order_counts(now=clock.now()), "placed": placed.get(today, 0), "today": today}


def open_tickets() -> dict[str, Any]:
    """Open tickets per severity with the money at risk per day, and per type."""
    found = tickets.inbox(with_children=True).filter(is_parent=False).order_by().values("severity")
    rows = found.annotate(
        count=Count("pk"), money=Sum("money_rank"), unrated=Count("pk", filter=Q(money_rank=None, currency__gt=""))
    )
    by_severity = {row["severity"]: row for row in rows}
    return {
        "severities": [by_severity.get(s, {"severity": s, "count": 0, "money": None}) for s in Severity.values],
        "total": sum(row["count"] for row in by_severity.values()),
        "types": [row for row in tickets.counts() if row.open or row.hidden],
        "to": totals.reporting_currency(),
    }


def statements() -> dict[str, Any]:
    """Statements that do not tie out or have an open discrepancy, the newest first; open claims; each account's variance."""
    claims = worklist.waiting(worklist.open_claims(), worklist.WORK["claims"].amount)
    return {"rows": list(money.statements_not_tied()[:AWAITING]), "claims": claims, "variances": standing.of(VARIANCE)}


def history() -> dict[str, Any]:
    """How much of the history is read, while reading is under way."""
    open_pulls = WorkItem.objects.filter(job__startswith="pull.", state__in=[WorkState.READY, WorkState.LEASED])
    due = open_pulls.filter(due_at__lte=clock.now()).count()
    accounts = strip()
    wanted = sum((a.history_wanted for a in accounts), timedelta())
    read = sum((a.history_read for a in accounts), timedelta())
    share = int(read / wanted * 100) if wanted else 100
    return {"due": due, "share": min(share, 100), "is_pending": bool(due) and share < 99}


TILES: dict[str, Tile] = {
    "history": Tile(history, every=5),
    "revenue": Tile(revenue, Action.VIEW_MONEY),
    "margin": Tile(margins.tile, Action.VIEW_MONEY, every=120),
    "orders": Tile(orders, every=30),
    "tickets": Tile(open_tickets, every=30),
    "sync": Tile(lambda: {"accounts": strip()}, every=30),
    "statements": Tile(statements, Action.VIEW_MONEY, every=120),
}
