"""How often each detector was right, as people said who closed its tickets."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from config.core import clock
from config.core.permissions import Action
from config.core.screens import page, require
from tickets import selectors
from tickets.detectors.base import DETECTORS


def detectors(request: HttpRequest) -> HttpResponse:
    require(request, Action.VIEW)
    found = [(DETECTORS.get(each.detector), each) for each in selectors.precision(until=clock.now())]
    return page(request, "tickets/detectors.html", "Detectors", {"found": found})
