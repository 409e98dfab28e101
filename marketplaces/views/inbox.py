"""What marketplaces pushed to us."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import InboxEventFilter
from marketplaces.models import EventState, InboxEvent
from marketplaces.services import retries

EVENTS = Listing(
    title="Events",
    subtitle="What marketplaces pushed, kept once per event before it was acknowledged. Polling stays as the net.",
    queryset=lambda request: InboxEvent.objects.select_related("account").defer("body"),
    filterset=InboxEventFilter,
    columns=(
        Column("Received", "received_at", "moment", sort="received_at"),
        Column("Account", "account.label"),
        Column("Kind", "kind"),
        Column("Order", "order_id"),
        Column("State", "state", "badge"),
        Column("Repeats", "repeats", "number", is_wide_only=True),
        Column("Happened", "happened_at", "moment", is_wide_only=True),
        Column("Error", "error", is_wide_only=True),
    ),
    order_by=("-received_at", "-pk"),
    link=lambda event: reverse("marketplaces:event", args=[event.pk]),
    empty="Nothing was pushed yet.",
    template="marketplaces/list.html",
)


def events(request: HttpRequest) -> HttpResponseBase:
    return listing(request, EVENTS)


def _retry(request: HttpRequest, found: InboxEvent) -> str:
    reason = text(request, "reason", missing="say why; the next person will ask")
    retries.event(found.pk, by=request.user.get_username(), reason=reason)
    return "It is applied again in the background"


BUTTONS = {"retry": Button(Action.REPLAY, _retry)}


def event(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(InboxEvent.objects.select_related("account"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    can = allowed(request, BUTTONS) if found.state == EventState.FAILED else set()
    context = {"event": found, "body": readable.of(found.body), "can": can}
    return page(request, "marketplaces/event.html", f"Event {found.kind}", context)
