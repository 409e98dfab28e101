"""Incidents as a list, and one with its playbook, timeline, tickets and proof."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core import clock, paces
from config.core.buttons import Button, allowed, press, text
from config.core.models import PaceKind
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from tickets import dossiers
from tickets.filters import IncidentFilter
from tickets.models import Effect, Evidence, Incident, IncidentState
from tickets.services import incidents

PEAK = timedelta(hours=6)
SLOWING_HELPS = frozenset({Effect.BLIND, Effect.LATE, Effect.SLOW, Effect.OVERSOLD})


def _rehearse(request: HttpRequest) -> str:
    made = incidents.rehearse(
        request.POST.get("effect", ""), by=request.user.get_username(), note=request.POST.get("note", "")
    )
    return f"Written down: “{made.get_effect_display()}” was rehearsed today"


LIST_BUTTONS = {"rehearse": Button(Action.WORK_TICKETS, _rehearse)}
INCIDENTS = Listing(
    title="Incidents",
    subtitle="What customers of an account feel, opened and closed by the bands of its metrics.",
    queryset=lambda request: Incident.objects.exclude(state=IncidentState.WATCHING).select_related("account"),
    filterset=IncidentFilter,
    columns=(
        Column("", "severity", "badge", sort="severity"),
        Column("What", "title"),
        Column("State", "state", "badge"),
        Column("Hits", "affected", "number", sort="affected"),
        Column("Detected", "detected_at", "since", sort="detected_at"),
        Column("Recovered", "recovered_at", "since", sort="recovered_at", is_wide_only=True),
    ),
    order_by=("-state", "severity", "-detected_at", "-pk"),
    link=lambda incident: reverse("tickets:incident", args=[incident.pk]),
    empty="No incident yet. One opens by itself when a metric stays at risk.",
    template="tickets/incidents.html",
)


def board(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, LIST_BUTTONS)
    context = {"rehearsals": dossiers.rehearsals(), "may_rehearse": allowed(request, LIST_BUTTONS)}
    return listing(request, INCIDENTS, context)


def _step(request: HttpRequest, found: Incident) -> str:
    position = request.POST.get("position", "")
    step = incidents.do_step(found, int(position) if position.isdecimal() else 0, by=request.user.get_username())
    return f"Done: {step.title}"


def _comment(request: HttpRequest, found: Incident) -> str:
    incidents.comment(found, text(request, "text", missing="write something"), by=request.user.get_username())
    return "Written down"


def _attach(request: HttpRequest, found: Incident) -> str:
    given = request.FILES.get("file")
    if given is None or not given.name:
        raise ValidationError("choose a file")
    if given.size and given.size > incidents.LARGEST:
        raise ValidationError("a piece of evidence may have 5 MB at most")
    made = incidents.attach(
        found, given.name, given.read(), media_type=given.content_type or "application/octet-stream",
        by=request.user.get_username(), note=request.POST.get("note", ""),
    )  # fmt: skip
    return f"{made.name} is kept with its fingerprint"


def _degrade(request: HttpRequest, found: Incident) -> str:
    pace = paces.begin(
        PaceKind.DEGRADED, account_id=found.account_id, until=clock.now() + PEAK, by=request.user.get_username(),
        reason=f"incident {found.pk}: {found.title}",
    )  # fmt: skip
    return f"What no buyer waits for runs slower until {pace.until:%-d %b %H:%M} UTC"


BUTTONS = {
    "step": Button(Action.WORK_TICKETS, _step),
    "comment": Button(Action.WORK_TICKETS, _comment),
    "attach": Button(Action.WORK_TICKETS, _attach),
    "degrade": Button(Action.RUN_SYNC, _degrade),
}


def incident(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Incident.objects.select_related("account").exclude(state=IncidentState.WATCHING), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    return page(request, "tickets/incident.html", found.title, {**_about(found), "can": allowed(request, BUTTONS)})


def _about(found: Incident) -> dict[str, Any]:
    is_open = found.state == IncidentState.OPEN
    slowed = paces.active().filter(kind=PaceKind.DEGRADED, account_id=found.account_id).first() if is_open else None
    return {
        "incident": found,
        "steps": found.steps.all(),
        "timeline": found.events.all(),
        "evidence": found.evidence.defer("body"),
        "tickets": found.tickets.order_by("state", "severity", "-opened_at"),
        "took": dossiers.took(found),
        "slowed": slowed,
        "proposes_peak": is_open and found.effect in SLOWING_HELPS and slowed is None,
    }


def evidence(request: HttpRequest, pk: int, piece: int) -> FileResponse:
    """One piece of proof, always as a download: what people attach is never shown as a page of ours."""
    require(request, Action.VIEW)
    found = get_object_or_404(Evidence, pk=piece, incident=pk)
    return FileResponse(
        io.BytesIO(bytes(found.body)), as_attachment=True, filename=found.name, content_type="application/octet-stream"
    )


def export(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything about the incident in one archive, for a marketplace that wants proof."""
    require(request, Action.VIEW)
    found = get_object_or_404(Incident.objects.select_related("account"), pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="incident-{found.pk}.zip"'}
    return HttpResponse(dossiers.archive(found), content_type="application/zip", headers=headers)
