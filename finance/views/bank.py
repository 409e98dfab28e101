"""Every booking of the client's bank accounts, and the rows of bank files that wait for a person."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.bank import BankBookingFilter, BankRejectedFilter
from finance.models import BankBooking, BankRejected, BankRowState
from finance.services.bank import files

FIELDS = {
    "iban": "Bank account (IBAN)", "booked_on": "Booked on", "amount": "Amount, plus is money in", "currency": "Currency",
    "reference": "Reference",
}  # fmt: skip


def _statement(row: BankBooking) -> str:
    if row.deposit is None:
        return "no marketplace found yet"
    return row.deposit.settlement.external_id if row.deposit.settlement else "none found yet"


def _in_fours(iban: str) -> str:
    """As banks print it."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _became(row: BankBooking) -> str:
    if row.is_return:
        return "return" if row.deposit else "return of nothing known"
    if row.deposit is None:
        return "other"
    return "returned" if row.deposit.returned_on else "payout"


def _address(row: BankBooking) -> str:
    settled = row.deposit.settlement_id if row.deposit else None
    return reverse("finance:statement", args=[settled]) if settled else ""


BOOKINGS = Listing(
    title="Bank bookings",
    subtitle="Every booking of the bank files that were read, plus is money in. Those of a marketplace became deposits and "
    "look for their statement; a return opens the statement of its payout again.",
    queryset=lambda request: BankBooking.objects.select_related("bank_account", "deposit__account", "deposit__settlement"),
    filterset=BankBookingFilter,
    columns=(
        Column("Booked", "booked_on", "moment", sort="booked_on"),
        Column("Bank account", lambda row: row.bank_account.label or _in_fours(row.bank_account.iban)),
        Column("Amount", lambda row: Money(row.amount, row.currency), "money", sort="amount"),
        Column("Kept by the bank", lambda row: Money(row.fee, row.currency), "money", is_wide_only=True),
        Column("Reference", "reference"),
        Column("Is", _became, "badge"),
        Column("Marketplace", "deposit.account.label", is_wide_only=True),
        Column("Statement", _statement),
    ),
    order_by=("-booked_on", "-pk"),
    link=_address,
    permission=Action.VIEW_MONEY,
    empty="No bank file was imported yet. Import one, and each statement is compared with what arrived.",
    template="finance/list.html",
)  # fmt: skip


def bookings(request: HttpRequest) -> HttpResponseBase:
    return listing(request, BOOKINGS)


def _open_unless_asked(request: HttpRequest) -> QuerySet[BankRejected]:
    rows = BankRejected.objects.select_related("file")
    return rows if request.GET.get("state") else rows.filter(state=BankRowState.OPEN)


PARKED = Listing(
    title="Parked bank rows",
    subtitle="Rows of bank files that could not be read. Correct one and read it again, or dismiss it. Open ones are shown "
    "unless you choose a state.",
    queryset=_open_unless_asked,
    filterset=BankRejectedFilter,
    columns=(
        Column("File", "file.name"),
        Column("Row", "row_no", "number"),
        Column("Why", "reason"),
        Column("State", "state", "badge"),
        Column("Closed by", "closed_by", is_wide_only=True),
        Column("Imported", "file.imported_at", "since"),
    ),
    link=lambda row: reverse("finance:bank_row", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="Every row of every bank file was read.",
    template="finance/list.html",
)


def parked(request: HttpRequest) -> HttpResponseBase:
    return listing(request, PARKED)


def _replay(request: HttpRequest, row: BankRejected) -> str:
    values = {name: request.POST.get(name, "").strip() for name in FIELDS}
    made = files.replay(row, values, by=request.user.get_username())
    return f"Read: {made}" if made.deposit is None else f"Read: {made}, a payout of {made.deposit.account.label}"


def _dismiss(request: HttpRequest, row: BankRejected) -> str:
    files.dismiss(row, by=request.user.get_username())
    return "Dismissed; the same file again does not bring it back"


BUTTONS = {
    "replay": Button(Action.IMPORT_STATEMENTS, _replay),
    "dismiss": Button(Action.IMPORT_STATEMENTS, _dismiss),
}


def row(request: HttpRequest, pk: int) -> HttpResponse:
    """One parked row as it came, and the form that reads it again."""
    found = get_object_or_404(BankRejected.objects.select_related("file"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW_MONEY)
    context = {
        "row": found,
        "cells": [(name, _told(value)) for name, value in found.raw.items()],
        "fields": [(name, label, _told(found.raw.get(name, ""))) for name, label in FIELDS.items()],
        "is_open": found.state == BankRowState.OPEN,
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/bank_row.html", f"Row {found.row_no} of {found.file.name}", context)


def _told(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
