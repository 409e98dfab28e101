"""Writes to marketplaces, and what became of each."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import CommandFilter
from marketplaces.models import Command, Traffic

COMMANDS = Listing(
    title="Outbox",
    subtitle="Every write is a row first, sent once, and believed only after it was read back.",
    queryset=lambda request: Command.objects.select_related("account"),
    filterset=CommandFilter,
    columns=(
        Column("Planned", "planned_at", "moment", sort="planned_at"),
        Column("What", lambda row: row.kind.replace("_", " ")),
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


def command(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW)
    found = get_object_or_404(Command.objects.select_related("account"), pk=pk)
    calls = Traffic.objects.filter(command_id=found.pk).defer("request_body", "response_body")
    context = {
        "command": found,
        "payload": readable.laid_out(found.payload),
        "answers": [(at, readable.laid_out(answer)) for at, answer in sorted(found.answer.items())],
        "exchanges": calls.order_by("at")[:50],
    }
    return page(request, "marketplaces/command.html", f"{found.kind.replace('_', ' ')} {found.subject}", context)
