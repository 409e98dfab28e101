"""Where marketplaces push to: checked, stored, queued, answered; the work is done later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config.core import tenancy
from config.core.errors import NinefoldError
from marketplaces.models import Account
from marketplaces.services import events

LARGEST = 1_000_000


@csrf_exempt
@require_POST
def receive(request: HttpRequest, account_key: str, client: str = "") -> HttpResponse:
    """202 once the delivery is stored; 401 for a wrong signature, 503 (ask again) while keys cannot be had."""
    if client:
        try:
            with tenancy.in_tenant(client):
                return _receive(request, account_key)
        except tenancy.MissingTenant:
            return HttpResponse(status=404)
    return _receive(request, account_key)


def _receive(request: HttpRequest, account_key: str) -> HttpResponse:
    account = get_object_or_404(Account, key=account_key)
    if not events.are_pushed(account):
        return HttpResponse(status=404)
    try:
        if len(request.body) > LARGEST:
            return HttpResponse(status=413)
        is_authentic = events.is_authentic(account, request.body, request.headers)
    except NinefoldError:
        return HttpResponse(status=503)
    if not is_authentic:
        return HttpResponse(status=401)
    events.receive(account, request.body, request.headers, media_type=request.content_type or "application/json")
    return HttpResponse(status=202)
