"""Papers on the screen: never cached, for there are addresses on them."""

from __future__ import annotations

from django.http import HttpResponse

from config.core import clock


def pdf(body: bytes, name: str) -> HttpResponse:
    return paper(body, f"{name}-{clock.now():%Y%m%d-%H%M}.pdf", "application/pdf")


def paper(body: bytes, name: str, media: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=media)
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    answer["Cache-Control"] = "no-store, private"
    return answer
