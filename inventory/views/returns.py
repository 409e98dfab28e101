"""Goods that came back."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.screens import Column, Listing, listing
from inventory import selectors
from inventory.filters import ReturnFilter
from inventory.models import Return

_HANDLED = {True: "handled", False: "waiting", None: ""}


def _order(row: Return) -> str:
    return reverse("order_of", args=[row.account.key, row.order_ref]) if row.order_ref else ""


RETURNS = Listing(
    title="Returns",
    subtitle="What came back, with the reason that the marketplace gives. A row leads to its order.",
    queryset=lambda request: selectors.returns(),
    filterset=ReturnFilter,
    columns=(
        Column("Order", "order_ref"),
        Column("Product", "remote_id"),
        Column("Account", "account.label"),
        Column("Units", "quantity", "number", sort="quantity"),
        Column("Reason", lambda row: row.reason.replace("_", " ").lower()),
        Column("Condition", lambda row: row.disposition.replace("_", " ").lower(), is_wide_only=True),
        Column("State", lambda row: _HANDLED[row.is_handled], "badge"),
        Column("Came back (UTC)", "returned_at", "moment", sort="returned_at"),
    ),
    order_by=("-returned_at", "-pk"),
    link=_order,
    empty="Nothing came back.",
)


def returns(request: HttpRequest) -> HttpResponseBase:
    return listing(request, RETURNS)
