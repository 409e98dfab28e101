"""The board of months, one month with its checklist, and its certificate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import page, require
from finance.checklist import Row, Spec
from finance.models import Certificate, ExportFormat, MonthState
from finance.selectors import bridges, months
from finance.selectors.bridges import Bridge
from finance.services import certificates, closing
from marketplaces.models import Account
from marketplaces.selectors import accounts

EARLIEST = 2000
BOARD_NAMES = ("account", "month", "state", "statements", "not explained")


def board(request: HttpRequest) -> HttpResponseBase:
    """Every account by the last months; `?format=csv` is the same as a table."""
    require(request, Action.VIEW_MONEY)
    shown = months.recent_months()
    rows = months.board(shown)
    if request.GET.get("format") == "csv":
        told = [[row.account.key, c.month, c.state, c.statements, c.unexplained] for row in rows for c in row.cells]
        return csv_response("Month close", BOARD_NAMES, told)
    context = {"months": shown, "rows": rows, "restated": months.restatements()[:10]}
    return page(request, "finance/months.html", "Month close", context)


def _about(account: str, year: int, number: int) -> tuple[Account, date]:
    if not (EARLIEST <= year <= 9000 and 1 <= number <= 12):
        raise Http404("there is no such month")
    return get_object_or_404(accounts(), key=account), date(year, number, 1)


def _book(request: HttpRequest, account: Account, month: date) -> str:
    blocked = closing.book(account, month)
    if not blocked:
        return "Every statement of the month is booked"
    return f"{len(blocked)} statements cannot be booked: {'; '.join(sorted(set(blocked.values()))[:3])}"


def _export(request: HttpRequest, account: Account, month: date) -> str:
    kind = request.POST.get("format", ExportFormat.GENERIC)
    return f"{closing.export(account, month, kind, by=request.user.get_username())} is ready below"


def _accept(request: HttpRequest, account: Account, month: date) -> str:
    reason = text(request, "reason", missing="say why; whoever reads the certificate will ask")
    closing.accept(account, month, request.POST.get("key", ""), by=request.user.get_username(), reason=reason)
    return "Accepted for as long as the check says the same; it stands in the certificate with your name"


def _prepare(request: HttpRequest, account: Account, month: date) -> str:
    closing.prepare(account, month, by=request.user.get_username())
    return "Prepared: another person looks at it and locks it"


def _withdraw(request: HttpRequest, account: Account, month: date) -> str:
    closing.withdraw(account, month)
    return "The month is open again"


def _lock(request: HttpRequest, account: Account, month: date) -> str:
    closing.lock(account, month, by=request.user.get_username())
    return "Locked and certified"


BUTTONS = {
    "book": Button(Action.PREPARE_MONTH, _book),
    "export": Button(Action.PREPARE_MONTH, _export),
    "accept": Button(Action.PREPARE_MONTH, _accept),
    "prepare": Button(Action.PREPARE_MONTH, _prepare),
    "withdraw": Button(Action.PREPARE_MONTH, _withdraw),
    "lock": Button(Action.CLOSE_MONTH, _lock),
}


MONTH_NAMES = ("part", "name", "amount", "currency", "passed", "why", "accepted by", "accepted because")


def _table(checks: Iterable[Row], told: Iterable[Bridge]) -> Iterator[list[Any]]:
    """The checklist and the steps of the bridges, as rows of one table."""
    for check in checks:
        yield [
            "checklist",
            check.spec.title,
            None,
            "",
            check.passed,
            check.why,
            check.accepted_by,
            check.accepted_reason,
        ]
    for bridge in told:
        ends = ((bridge.end_title, bridge.end), ("not explained", bridge.rest))
        for name, value in (*bridge.steps, *ends):
            yield [bridge.title, name, value, bridge.currency, None, "", "", ""]


def month(request: HttpRequest, account: str, year: int, number: int) -> HttpResponseBase:
    about = _about(account, year, number)
    if request.method == "POST":
        return press(request, BUTTONS, *about)
    require(request, Action.VIEW_MONEY)
    found, first = about
    row = months.month_row(account=found.pk, month=first)
    of = closing.about(found, first)
    checks = closing.looked_at(of)
    told = bridges.of_month(found, first)
    if request.GET.get("format") == "csv":
        return csv_response(f"Month {found.key} {first:%Y-%m}", MONTH_NAMES, _table(checks, told))
    context = {
        "account": found,
        "month": first,
        "row": row,
        "state": row.state if row else MonthState.OPEN,
        "is_locked": bool(row and row.state == MonthState.LOCKED),
        "is_mine": bool(row and row.prepared_by == request.user.get_username()),
        "checks": [(check, _mend(check.spec, found)) for check in checks],
        "failing": sum(not check.is_done for check in checks),
        "bridges": told,
        "rounding": of.rounding,
        "exports": of.exports[:20],
        "formats": ExportFormat.choices,
        "entries": of.entries[0],
        "certificate": getattr(row, "certificate", None),
        "restated": months.restatements(account=found.pk, month=first)[:20],
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/month.html", f"{found.label}, {first:%B %Y}", context)


def _mend(spec: Spec, account: Account) -> str:
    """Where a check is put right; the export is on the page itself."""
    if spec.key == "exported":
        return "#exports"
    parts = "&".join(part for part in (spec.query, f"account={account.key}") if part)
    return f"{reverse(spec.mend)}?{parts}"


def _certificate(account: str, year: int, number: int) -> Certificate:
    found, first = _about(account, year, number)
    made = months.certificate(account=found.pk, month=first)
    if made is None:
        raise Http404("this month has no certificate yet; it gets one when it is locked")
    return made


def certificate(request: HttpRequest, account: str, year: int, number: int) -> HttpResponse:
    """The certificate as the page that one prints; `?format=json` gives the file that was signed."""
    require(request, Action.VIEW_MONEY)
    made = _certificate(account, year, number)
    body = certificates.content(made)
    if request.GET.get("format") == "json":
        return HttpResponse(body, content_type="application/json")
    told = json.loads(body)
    return render(request, "finance/certificate_page.html", {"told": told})


def bundle(request: HttpRequest, account: str, year: int, number: int) -> HttpResponseBase:
    """The archive with every file of the certificate and the script that verifies it."""
    require(request, Action.VIEW_MONEY)
    made = _certificate(account, year, number)
    file = certificates.bundle(made)
    if not file.exists():
        raise Http404("the archive of this certificate is not on this machine; restore it from the backup")
    name = f"certificate_{account}_{year}-{number:02d}.zip"
    return FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
