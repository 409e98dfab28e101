"""Peaks: what is slowed down or hurried at the moment, for whom, why and until when; what may be slowed, and what never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from config.core import clock, paces
from config.core.buttons import Button, allowed, press, text
from config.core.jobs import JOBS, Job, Peak
from config.core.models import Pace, PaceKind
from config.core.permissions import Action
from config.core.screens import page, require
from marketplaces.models import Account
from marketplaces.selectors import accounts

SPANS = ((2, "2 hours"), (6, "6 hours"), (24, "a day"), (72, "3 days"))
LATEST = 20
CLASSES = ((Peak.LESS, "read less often"), (Peak.LEAST, "nearly rest"), (Peak.NEVER, "never slowed"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A pace with the account it is for; None: every account of the client."""

    pace: Pace
    account: Account | None


def _begin(request: HttpRequest) -> str:
    key = request.POST.get("account", "")
    account = get_object_or_404(accounts(), key=key) if key else None
    hours = request.POST.get("hours", "")
    if hours not in {str(number) for number, _ in SPANS}:
        raise ValidationError("say for how long")
    pace = paces.begin(
        PaceKind.DEGRADED, account_id=account.pk if account else None, by=request.user.get_username(),
        until=clock.now() + timedelta(hours=int(hours)),
        reason=text(request, "reason", missing="say why; the next person will ask"), factors=_factors(request.POST),
    )  # fmt: skip
    whom = account.label if account else "every account"
    return f"{whom} runs slower until {pace.until:%-d %b %H:%M} UTC; orders, stock and shipments run as ever"


def _factors(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given.get(name) or usual for name, usual in paces.DEGRADED.items()}


def _end(request: HttpRequest) -> str:
    paces.end(get_object_or_404(Pace, pk=request.POST.get("pace") or 0), by=request.user.get_username())
    return "Everything runs as declared again"


BUTTONS = {"begin": Button(Action.RUN_SYNC, _begin), "end": Button(Action.RUN_SYNC, _end)}


def peaks(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return press(request, BUTTONS)
    require(request, Action.VIEW)
    known = {account.pk: account for account in accounts()}
    running = [Shown(pace, known.get(pace.account_id)) for pace in paces.active().order_by("until")]
    shown = {each.pace.pk for each in running}
    past = Pace.objects.exclude(pk__in=shown).order_by("-begun_at")[:LATEST]
    context = {
        "running": running,
        "past": [Shown(pace, known.get(pace.account_id)) for pace in past],
        "accounts": known.values(),
        "spans": SPANS,
        "usual": list(paces.DEGRADED.items()),
        "classes": [(word, _of_class(peak)) for peak, word in CLASSES],
        "can": allowed(request, BUTTONS),
    }
    return page(request, "tickets/peaks.html", "Peaks", context)


def _of_class(peak: Peak) -> list[Job]:
    return [job for _, job in JOBS if job.every and job.peak is peak]
