"""The work list of finance: one tab per kind of what waits, most money first, whatever its currency."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from config.core.api import reporting_currency
from config.core.permissions import Action
from config.core.screens import Listing, listing, require
from finance.selectors import worklist
from finance.selectors.worklist import WORK, Waiting
from finance.views.claims import CLAIMS
from finance.views.decisions import HAND_MATCHES, WRITE_OFFS
from finance.views.discrepancies import DISCREPANCIES
from finance.views.lines import UNMATCHED
from finance.views.margins import LINES as PROFIT_LINES
from finance.views.statements import PAYOUTS, STATEMENTS

LISTS: dict[str, Listing] = {
    "discrepancies": DISCREPANCIES,
    "unmatched": UNMATCHED,
    "statements": STATEMENTS,
    "payouts": PAYOUTS,
    "claims": CLAIMS,
    "write-offs": WRITE_OFFS,
    "matches": HAND_MATCHES,
    "rates": PROFIT_LINES,
    "costs": PROFIT_LINES,
}
BY_DEADLINE = {"claims"}


def work(request: HttpRequest, tab: str = "discrepancies") -> HttpResponseBase:
    """All tabs with what waits in each, and the rows of one of them."""
    require(request, Action.VIEW_MONEY)
    if tab not in WORK:
        raise Http404(f"no list of work is called {tab}")
    waits = {name: worklist.waiting(each.rows(), each.amount) for name, each in WORK.items()}
    context = {
        "tabs": [(name, each, waits[name]) for name, each in WORK.items()], "here": tab, "about": WORK[tab],
        "title": "Reconciliation",
    }  # fmt: skip
    return listing(request, _ordered(tab, waits[tab]), context)


def _ordered(tab: str, waits: Waiting) -> Listing:
    """The list of a tab with the most money first, by the latest rates; claims by deadline before money."""
    of = WORK[tab]
    worth = worklist.worth(of.amount, [each.currency for each in waits.sums], to=reporting_currency(None))
    most: Any = F("worth").desc(nulls_last=True)
    return replace(
        LISTS[tab], title=f"Reconciliation {of.title.lower()}", subtitle="", template="finance/worklist.html",
        queryset=lambda request: of.rows().annotate(worth=worth),
        order_by=(*(("deadline_on",) if tab in BY_DEADLINE else ()), most, "pk"), empty=f"Nothing waits here: {of.why}.",
    )  # fmt: skip
