"""What reached the bank, and which statement each booking pays."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from finance.filters.statements import DepositFilter
from finance.models import Deposit

DEPOSITS = Listing(
    title="Deposits",
    subtitle="Bookings from bank files. Each belongs to the statement that its reference names, else to the one of equal "
    "total within two weeks.",
    queryset=lambda request: Deposit.objects.select_related("account", "settlement"),
    filterset=DepositFilter,
    columns=(
        Column("Booked", "booked_on", "moment", sort="booked_on"),
        Column("Account", "account.label"),
        Column("Amount", lambda row: Money(row.amount, row.currency), "money", sort="amount"),
        Column("Reference", "reference"),
        Column("Pays statement", lambda row: row.settlement.external_id if row.settlement else "none found yet"),
        Column("Imported", "imported_at", "since", is_wide_only=True),
    ),
    order_by=("-booked_on", "-pk"),
    link=lambda row: reverse("finance:statement", args=[row.settlement_id]) if row.settlement_id else "",
    permission=Action.VIEW_MONEY,
    empty="No bank file was imported yet. Import one, and each statement is compared with what arrived.",
    template="finance/list.html",
)


def deposits(request: HttpRequest) -> HttpResponseBase:
    return listing(request, DEPOSITS)
