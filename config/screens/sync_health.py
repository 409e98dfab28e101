"""Every account by every flow: how old, how good, what waits, and the buttons that help."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from config.core import clock
from config.core.buttons import allowed, press
from config.core.permissions import Action
from config.core.screens import page, require
from marketplaces import standing
from marketplaces.models import Account
from marketplaces.selectors import runs
from marketplaces.views.accounts import FLOW

LATEST = 12


def sync_health(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        account = get_object_or_404(Account, key=request.POST.get("account"))
        return press(request, FLOW, account, request.POST.get("resource", ""))
    require(request, Action.VIEW)
    context = {**_standing(), "can": allowed(request, FLOW)}
    if request.GET.get("part") == "board":
        return render(request, "sync_health/_board.html", {**context, "as_of": clock.now()})
    return page(request, "sync_health/sync_health.html", "Sync health", context)


def _standing() -> dict[str, Any]:
    groups = standing.everything()
    flows = [flow for group in groups for flow in group.flows]
    columns = list(dict.fromkeys(flow.resource.key for flow in flows))
    return {
        "groups": [(group, _by_column(group, columns)) for group in groups],
        "columns": columns,
        "troubled": [flow for flow in flows if flow.needs_someone],
        "working": sum(not group.account.is_paused for group in groups),
        "fine": sum(flow.verdict.tone is standing.Tone.GOOD for flow in flows),
        "flows": len(flows),
        "asked": sum(flow.is_asked_for for flow in flows),
        "rejected": sum(flow.rejected for flow in flows),
        "gaps": sum(flow.gaps for flow in flows),
        "runs": runs()[:LATEST],
    }


def _by_column(group: standing.Group, columns: list[str]) -> list[standing.Standing | None]:
    """The account's flows in the order of the columns; None where its marketplace does not offer one."""
    mine = {flow.resource.key: flow for flow in group.flows}
    return [mine.get(column) for column in columns]
