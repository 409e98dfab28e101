"""Pieces that could not become rows: why, as they came, and the buttons that replay or dismiss them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, chosen, press
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import RejectedRowFilter
from marketplaces.models import RejectedRow, RejectedState
from marketplaces.services import replays


def _replay(request: HttpRequest, *rows: RejectedRow) -> str:
    ids = [row.pk for row in rows] or chosen(request)
    runs = replays.rows(ids)
    left = RejectedRow.objects.filter(pk__in=ids, state=RejectedState.OPEN).count()
    stored = sum(run.inserted + run.updated for run in runs)
    if left:
        return f"Replayed: {len(ids) - left} of {len(ids)} could be read now; the others still say why not"
    return f"Replayed: {stored} rows were stored, {sum(run.unchanged for run in runs)} were known already"


def _dismiss(request: HttpRequest, *rows: RejectedRow) -> str:
    ids = [row.pk for row in rows] or chosen(request)
    return f"{replays.dismiss(ids, by=request.user.get_username())} left out for good"


def _replay_flow(request: HttpRequest, row: RejectedRow) -> str:
    asked = replays.ask(row.account, row.resource)
    return "The whole flow is replayed in the background" if asked else "A replay of the flow is waiting already"


MANY = {"replay": Button(Action.REPLAY, _replay), "dismiss": Button(Action.REPLAY, _dismiss)}
ONE = {**MANY, "replay_flow": Button(Action.REPLAY, _replay_flow)}


def _open_unless_asked(request: HttpRequest) -> QuerySet[RejectedRow]:
    found = RejectedRow.objects.select_related("account").defer("raw")
    return found if request.GET.get("state") else found.filter(state=RejectedState.OPEN)


ROWS = Listing(
    title="Rejected rows",
    subtitle="Pieces that could not be read. The rest of their page was stored. After a fix, replay them: "
    "the marketplace is not asked again. Open ones are shown unless you choose a state.",
    queryset=_open_unless_asked,
    filterset=RejectedRowFilter,
    columns=(
        Column("Why", lambda row: row.reason[:160]),
        Column("Id", "external_id"),
        Column("Account", "account.label"),
        Column("Flow", lambda row: row.resource.replace("_", " ")),
        Column("State", "state", "badge"),
        Column("Seen", "attempts", "number", is_wide_only=True),
        Column("First", "first_seen_at", "since", sort="first_seen_at", is_wide_only=True),
        Column("Last", "last_seen_at", "since", sort="last_seen_at"),
    ),
    order_by=("-last_seen_at", "-pk"),
    link=lambda row: reverse("marketplaces:rejected_row", args=[row.pk]),
    actions={"replay": "Replay", "dismiss": "Dismiss"},
    action_permission=Action.REPLAY,
    empty="Everything that came could be read.",
    template="marketplaces/list.html",
)


def rows(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, MANY)
    return listing(request, ROWS)


def row(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(RejectedRow.objects.select_related("account", "run", "page"), pk=pk)
    if request.method == "POST":
        return press(request, ONE, found)
    require(request, Action.VIEW)
    same = RejectedRow.objects.filter(account=found.account, resource=found.resource, code=found.code)
    context = {
        "row": found,
        "raw": readable.laid_out(found.raw),
        "is_open": found.state == RejectedState.OPEN,
        "same": same.filter(state=RejectedState.OPEN).exclude(pk=found.pk).count(),
        "can": allowed(request, ONE),
    }
    return page(request, "marketplaces/rejected_row.html", "Rejected row", context)
