"""Runs of the pipeline: all of them, and one with its counts per stage."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces.filters import RunFilter
from marketplaces.models import RawPage, RejectedRow, SyncRun, Traffic

RUNS = Listing(
    title="Runs",
    subtitle="Every time a flow was read, and what came of it. Times are UTC.",
    queryset=lambda request: SyncRun.objects.select_related("account"),
    filterset=RunFilter,
    columns=(
        Column("Started", "started_at", "moment", sort="started_at"),
        Column("Account", "account.label"),
        Column("Flow", lambda run: run.resource.replace("_", " ")),
        Column("Asked by", lambda run: run.get_reason_display(), is_wide_only=True),
        Column("Outcome", "state", "badge"),
        Column("Calls", "calls", "number", is_wide_only=True),
        Column("Read", "rows_read", "number", sort="rows_read"),
        Column("New", "inserted", "number"),
        Column("Changed", "updated", "number", is_wide_only=True),
        Column("Rejected", "rejected", "number", sort="rejected"),
        Column("Error", lambda run: run.error[:120], is_wide_only=True),
    ),
    order_by=("-started_at", "-pk"),
    link=lambda run: reverse("marketplaces:run", args=[run.pk]),
    empty="No run fits these filters.",
    template="marketplaces/list.html",
)


def runs(request: HttpRequest) -> HttpResponseBase:
    return listing(request, RUNS)


def run(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW)
    found = get_object_or_404(SyncRun.objects.select_related("account"), pk=pk)
    context = {
        "run": found,
        "took": (found.finished_at - found.started_at).total_seconds() if found.finished_at else None,
        "pages": RawPage.objects.filter(run=found).defer("body", "subjects").order_by("pk")[:25],
        "exchanges": Traffic.objects.filter(run_id=found.pk).defer("request_body", "response_body").order_by("at")[:25],
        "rejected": RejectedRow.objects.filter(run=found).defer("raw").order_by("pk")[:25],
    }
    return page(request, "marketplaces/run.html", f"Run {found.pk}", context)
