"""The board of account health, one account with its trends, and the limits that marketplaces set."""

from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from config.core import clock
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces.selectors import accounts
from tickets import standing
from tickets.filters import ServiceLimitFilter
from tickets.health.base import METRICS
from tickets.models import Band, ServiceLimit


def board(request: HttpRequest) -> HttpResponse:
    require(request, Action.VIEW)
    lines = standing.board()
    bands = Counter(cell.row.band for line in lines for cell in line.cells if cell.row)
    context = {
        "lines": lines,
        "metrics": [each for _, each in METRICS],
        "counts": {band.value: bands[band.value] for band in Band},
        "unmeasured": bands[""],
    }
    return page(request, "tickets/health.html", "Channel health", context)


def account(request: HttpRequest, key: str) -> HttpResponse:
    require(request, Action.VIEW)
    found = get_object_or_404(accounts(), key=key)
    limits = ServiceLimit.objects.filter(marketplace__in=[found.marketplace, ""]).order_by("metric", "-marketplace")
    context = {"account": found, "trends": standing.trends(found, until=clock.now().date()), "limits": limits}
    return page(request, "tickets/health_account.html", f"{found.label}: health", context)


LIMITS = Listing(
    title="Limits of marketplaces",
    subtitle="What each marketplace asks of its sellers, from when, and where it is written. Copies may be superseded.",
    queryset=lambda request: ServiceLimit.objects.all(),
    filterset=ServiceLimitFilter,
    columns=(
        Column("Marketplace", lambda row: row.marketplace or "house rule", sort="marketplace"),
        Column("Metric", lambda row: row.metric.replace("_", " "), sort="metric"),
        Column("Limit", lambda row: f"{row.limit.normalize():f}"),
        Column("Level", "level", "chip"),
        Column("Window", lambda row: f"{row.get_window_display()}: {row.window_days} days"),
        Column("Counts from", "least_failures", "number", is_wide_only=True),
        Column("Consequence", "consequence", is_wide_only=True),
        Column("Valid from", "valid_from", "moment", sort="valid_from"),
        Column("Source", "source", is_wide_only=True),
    ),
    order_by=("marketplace", "metric", "level", "pk"),
    template="tickets/health_list.html",
)


def limits(request: HttpRequest) -> HttpResponseBase:
    return listing(request, LIMITS)
