"""What was sent and what came back, by order, SKU and time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import TrafficFilter
from marketplaces.models import Traffic

TRAFFIC = Listing(
    title="Traffic",
    subtitle="Every call to a marketplace, without secrets and buyers' data. Kept as long as the retention setting says.",
    queryset=lambda request: Traffic.objects.select_related("account").defer("request_body", "response_body"),
    filterset=TrafficFilter,
    columns=(
        Column("At", "at", "moment", sort="at"),
        Column("Account", "account.label"),
        Column("Operation", lambda row: f"{row.method} {row.operation}"),
        Column("Answer", lambda row: row.status or "none", "status"),
        Column("Took", lambda row: f"{row.milliseconds} ms", "number", sort="milliseconds"),
        Column("Run", "run_id", "number", is_wide_only=True),
        Column("Error", "error", is_wide_only=True),
    ),
    order_by=("-at", "-pk"),
    link=lambda row: reverse("marketplaces:exchange", args=[row.pk]),
    empty="No call fits these filters.",
    template="marketplaces/list.html",
)


def exchanges(request: HttpRequest) -> HttpResponseBase:
    return listing(request, TRAFFIC)


def exchange(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW)
    found = get_object_or_404(Traffic.objects.select_related("account"), pk=pk)
    bodies = {"sent": readable.of(found.request_body), "answered": readable.of(found.response_body)}
    return page(request, "marketplaces/exchange.html", f"{found.method} {found.operation}", {"call": found, **bodies})
