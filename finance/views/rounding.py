"""The rounding ledger: every tolerated difference, with what it was compared with."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from finance.filters.rounding import RoundingFilter
from finance.selectors import rounding as selectors

ROUNDING = Listing(
    title="Rounding ledger",
    subtitle="Differences that are tolerated, row by row and never netted: fees within the tolerance of the rule that they "
    "follow, and payouts converted line by line. Plus is money to you. A month whose sizes come to more than it may "
    "tolerate is not closed without a reason.",
    queryset=lambda request: selectors.entries(),
    filterset=RoundingFilter,
    columns=(
        Column("Month", lambda row: f"{row.month:%Y-%m}", "code", sort="month"),
        Column("Account", "account.label"),
        Column("Kind", "kind", "badge"),
        Column("About", lambda row: row.order_line.order_ref if row.order_line else row.settlement.external_id),
        Column("Fee", lambda row: row.line_class.replace("_", " "), is_wide_only=True),
        Column("Expected", lambda row: Money(row.expected, row.currency), "money"),
        Column("Charged or paid", lambda row: Money(row.actual, row.currency), "money"),
        Column("Difference", lambda row: Money(row.difference, row.currency), "money", sort="difference"),
    ),
    order_by=("-month", "-pk"),
    link=lambda row: reverse("finance:statement", args=[row.settlement_id]),
    permission=Action.VIEW_MONEY,
    empty="Nothing was rounded: every computed fee was charged to the cent.",
    template="finance/list.html",
)


def rounding(request: HttpRequest) -> HttpResponseBase:
    return listing(request, ROUNDING)
