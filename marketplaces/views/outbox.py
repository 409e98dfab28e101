"""Writes to marketplaces, and what became of each; and what every page with a form for a write needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import CommandFilter, TrafficFilter
from marketplaces.models import Account, Command, Traffic
from marketplaces.services import commands as outbox
from marketplaces.services import retries
from marketplaces.services.writes import Wish

LATEST = 10

COMMANDS = Listing(
    title="Outbox",
    subtitle="Every write is a row first, sent once, and believed only after it was read back.",
    queryset=lambda request: Command.objects.select_related("account"),
    filterset=CommandFilter,
    columns=(
        Column("Planned", "planned_at", "moment", sort="planned_at"),
        Column("What", lambda row: row.kind.replace("_", " ")),
        Column("Wanted", "wanted"),
        Column("Subject", "subject"),
        Column("Account", "account.label"),
        Column("State", "state", "badge"),
        Column("Asked by", "asked_by", is_wide_only=True),
        Column("Confirmed", "confirmed_at", "moment", is_wide_only=True),
        Column("Reason", "reason", is_wide_only=True),
    ),
    order_by=("-planned_at", "-pk"),
    link=lambda row: reverse("marketplaces:command", args=[row.pk]),
    empty="Nothing was written to a marketplace. A price, a stock level or a shipment that you confirm appears here.",
    template="marketplaces/list.html",
)


def commands(request: HttpRequest) -> HttpResponseBase:
    return listing(request, COMMANDS)


def _retry(request: HttpRequest, found: Command) -> str:
    reason = text(request, "reason", missing="say why; the next person will ask")
    retries.command(found.pk, by=request.user.get_username(), reason=reason)
    return "It is sent again; it counts when it is read back"


BUTTONS = {"retry": Button(Action.WRITE_MARKETPLACE, _retry)}


def command(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Command.objects.select_related("account"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    calls = TrafficFilter({"command_id": found.pk}, Traffic.objects.filter(account=found.account)).qs
    context = {
        "command": found,
        "payload": readable.laid_out(found.payload),
        "answers": [(at, readable.laid_out(answer)) for at, answer in sorted(found.answer.items())],
        "can": allowed(request, BUTTONS) if found.state in retries.FAILED else set(),
        "exchanges": calls.defer("request_body", "response_body").order_by("at")[:50],
    }
    return page(request, "marketplaces/command.html", f"{found.kind.replace('_', ' ')} {found.subject}", context)


def wish(request: HttpRequest) -> Wish:
    """Who presses the button of a form, and the request that the form was given when it was shown."""
    try:
        request_id = UUID(request.POST.get("request_id", ""))
    except ValueError:
        raise SuspiciousOperation("the form carries no request of ours") from None
    return Wish(request_id=request_id, asked_by=request.user.get_username())


def about(account: Account, found: Sequence[Command]) -> dict[str, Any]:
    """What a page shows of the writes about its subject (newest first), which kinds may follow, and a new request."""
    return {
        "writes": found[:LATEST],
        "writable": outbox.possible(account),
        "request_id": uuid4(),
        "stage": account.get_stage_display().lower(),
        "stopped": account.status_reason or "it is paused" if account.is_paused else "",
    }
