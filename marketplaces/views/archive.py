"""Pages as they came: a list, a look at one, and the file itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import readable
from marketplaces.filters import RawPageFilter
from marketplaces.models import RawPage, RejectedRow
from marketplaces.sync import archive

BLOCK = 1 << 16
PAGES = Listing(
    title="Raw pages",
    subtitle="Everything that was read, once by content: as it came, but JSON is stored without its buyers.",
    queryset=lambda request: RawPage.objects.select_related("account").defer("body", "subjects"),
    filterset=RawPageFilter,
    columns=(
        Column("Fetched", "fetched_at", "moment", sort="fetched_at"),
        Column("Account", "account.label"),
        Column("Flow", lambda raw: raw.resource.replace("_", " ")),
        Column("Document", "document_id"),
        Column("Bytes", "size", "number", sort="size"),
        Column("Stored", "applied_at", "moment", is_wide_only=True),
    ),
    order_by=("-fetched_at", "-pk"),
    link=lambda raw: reverse("marketplaces:page", args=[raw.pk]),
    empty="No page fits these filters. Pages past retention are gone, documents stay.",
    template="marketplaces/list.html",
)


def pages(request: HttpRequest) -> HttpResponseBase:
    return listing(request, PAGES)


def page_view(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW)
    raw = get_object_or_404(RawPage.objects.select_related("account"), pk=pk)
    with archive.opened(raw) as found, found.open() as stream:
        start = stream.read(readable.SHOWN * 2)
    context = {
        "raw": raw,
        "body": readable.of(start),
        "is_whole": len(start) >= raw.size,
        "rejected": RejectedRow.objects.filter(page=raw).defer("raw").order_by("pk")[:25],
    }
    return page(request, "marketplaces/page.html", f"Page {raw.pk}", context)


def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The body as it came, as a download."""
    require(request, Action.VIEW)
    raw = get_object_or_404(RawPage, pk=pk)
    answer = StreamingHttpResponse(_blocks(raw), content_type="application/octet-stream")
    name = re.sub(r"[^\w.-]+", "-", raw.document_id or f"{raw.resource}-{raw.pk}").strip("-")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _blocks(raw: RawPage) -> Iterator[bytes]:
    with archive.opened(raw) as found, found.open() as stream:
        while block := stream.read(BLOCK):
            yield block
