"""Entries of the books, one entry, and the files that were made of them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.journals import JournalFilter
from finance.models import JournalExport
from finance.selectors import journals as selectors
from finance.services import exports

JOURNALS = Listing(
    title="Journals",
    subtitle="Double entries: one per statement and month, and one per bank booking. Debits and credits of each are equal, "
    "held by the database. A locked one never changes; what comes later is booked in an open month.",
    queryset=lambda request: selectors.entries(),
    filterset=JournalFilter,
    columns=(
        Column("Document", "number"),
        Column("Account", "account.label"),
        Column("Month", lambda row: f"{row.month:%Y-%m}", "code", sort="month"),
        Column("Date", "booked_on", "moment", sort="booked_on"),
        Column("Kind", lambda row: row.get_kind_display(), "badge"),
        Column("Debits = credits", lambda row: Money(row.debit, row.currency), "money", sort="debit"),
        Column("Locked", lambda row: "locked" if row.is_locked else "open", "badge"),
        Column("Text", "text", is_wide_only=True),
    ),
    order_by=("-booked_on", "-pk"),
    link=lambda row: reverse("finance:journal", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="Nothing is booked yet. Entries follow by themselves once statements are reconciled.",
)


def journals(request: HttpRequest) -> HttpResponseBase:
    return listing(request, JOURNALS)


def journal(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW_MONEY)
    found = get_object_or_404(selectors.entries(), pk=pk)
    context = {"journal": found, "lines": selectors.postings(journal=pk)[:2000], "total": found.lines.count()}
    return page(request, "finance/journal.html", found.number, context)


def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The file byte by byte as it was exported."""
    require(request, Action.VIEW_MONEY)
    made = JournalExport.objects.filter(pk=pk).first()
    if made is None:
        raise Http404("no such export")
    answer = HttpResponse(exports.content(made), content_type="text/csv")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer
