"""The installation's own page: its clients, each with the way to its sign-in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.core import clock
from config.tenants.models import Domain, Tenant


def index(request: HttpRequest) -> HttpResponse:
    """Active clients by name, for operators and in the demo; a stranger learns of none. The port of this page is theirs."""
    is_stranger = not (settings.SIMULATED or request.user.is_authenticated)
    shown = Tenant.objects.none() if is_stranger else Tenant.objects.active()
    found = Domain.objects.filter(is_primary=True, tenant__in=shown).select_related("tenant").order_by("tenant__name")
    _, colon, port = request.get_host().partition(":")
    clients = [(each.tenant, f"{request.scheme}://{each.domain}{colon}{port}/") for each in found]
    context = {
        "clients": clients, "as_of": clock.now(), "is_simulated": settings.SIMULATED, "is_stranger": is_stranger,
    }  # fmt: skip
    return render(request, "public/index.html", context)
