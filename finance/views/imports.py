"""Statements and bank bookings from files; they take the same way as what comes by itself."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from config.core.buttons import Button, allowed, press
from config.core.permissions import Action
from config.core.screens import page, require
from finance.models import BankLayout
from finance.services import reconcile
from finance.services.bank import deposits, files
from marketplaces.models import Account
from marketplaces.selectors import accounts
from marketplaces.services import statements

LARGEST = 512 * 2**20
REFUSED_SHOWN = 5


def _file(request: HttpRequest) -> UploadedFile:
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise ValidationError("choose a file first")
    if given.size is not None and given.size > LARGEST:
        raise ValidationError(f"the file is larger than {LARGEST // 2**20} MB")
    return given


def _statement(request: HttpRequest) -> str:
    given = _file(request)
    account = get_object_or_404(Account, key=request.POST.get("account"))
    name = re.sub(r"[^\w.-]+", "-", given.name or "statement")[-120:]
    with tempfile.TemporaryDirectory(prefix="ninefold-upload-") as folder:
        path = Path(folder) / name
        with path.open("wb") as kept:
            kept.writelines(given.chunks())
        run = statements.import_file(account, path)
    reconcile.reconcile_open()
    found = f"{run.rows_read} rows read: {run.inserted} new, {run.updated} changed, {run.unchanged} known already"
    return found + (f", {run.rejected} could not be read (see Rejected rows)" if run.rejected else "")


def _deposits(request: HttpRequest) -> str:
    """CAMT.053 by its content, the CSV of a bank by the layout that was chosen, else our own columns."""
    given = _file(request)
    layout = BankLayout.objects.filter(pk=request.POST.get("layout") or 0).first()
    is_xml = given.read(200).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    given.seek(0)
    if layout or is_xml:
        return _bank(request, given, None if is_xml else layout)
    done = deposits.import_deposits(given.file)  # type: ignore[arg-type]
    refused = f"; not read: {'; '.join(done.refused[:REFUSED_SHOWN])}" if done.refused else ""
    return f"{done.new} new bookings, {done.known} known already, {len(done.settlement_ids)} statements paid{refused}"


def _bank(request: HttpRequest, given: UploadedFile, layout: BankLayout | None) -> str:
    name = given.name or "bank file"
    done = files.import_file(given.file, name=name, by=request.user.get_username(), layout=layout)  # type: ignore[arg-type]
    told = f"{done.new} new bookings, {done.known} known already, {done.deposits} of marketplaces"
    told += f", {len(done.settlement_ids)} statements paid, {done.returned} payouts returned"
    if done.file.is_balanced is False:
        told += "; the balances in the file do not agree with its bookings"
    return told + (f"; not read: {'; '.join(done.rejected[:REFUSED_SHOWN])}" if done.rejected else "")


BUTTONS = {
    "statement": Button(Action.IMPORT_STATEMENTS, _statement),
    "deposits": Button(Action.IMPORT_STATEMENTS, _deposits),
}


def imports(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return press(request, BUTTONS)
    require(request, Action.VIEW_MONEY)
    context = {
        "accounts": accounts(),
        "wanted": request.GET.get("account", ""),
        "columns": deposits.COLUMNS,
        "layouts": BankLayout.objects.order_by("name"),
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/import.html", "Import", context)
