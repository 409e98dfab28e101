"""What people decided about money, or what still waits for a second person: write-offs, and matches by hand."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from finance.filters.decisions import HumanMatchFilter, WriteOffFilter
from finance.models import HumanMatch
from finance.selectors import worklist

WRITE_OFFS = Listing(
    title="Write-offs",
    subtitle="Money that is given up: who proposed it and why, and who agreed. Above the limit that is another person.",
    queryset=lambda request: worklist.write_offs(),
    filterset=WriteOffFilter,
    columns=(
        Column("About", lambda row: row.discrepancy.get_kind_display()),
        Column("Order", lambda row: row.discrepancy.order_ref or row.discrepancy.key),
        Column("Account", "discrepancy.account.label"),
        Column("Amount", lambda row: Money(row.amount, row.currency), "money", sort="amount"),
        Column("State", "state", "badge"),
        Column("Because", "reason"),
        Column("Proposed", lambda row: f"{row.proposed_by}, {row.proposed_at:%Y-%m-%d}", sort="proposed_at"),
        Column("Decided by", "decided_by", is_wide_only=True),
    ),
    order_by=("-proposed_at", "-pk"),
    link=lambda row: reverse("finance:discrepancy", args=[row.discrepancy_id]),
    permission=Action.VIEW_MONEY,
    empty="Nothing was written off.",
    template="finance/list.html",
)


def _became(row: HumanMatch) -> str:
    return row.order_line.order_ref if row.order_line else "the account, to no order"


HAND_MATCHES = Listing(
    title="Matches by hand",
    subtitle="What people said that rows are about: proposed, agreed, or taken back.",
    queryset=lambda request: HumanMatch.objects.select_related("account", "settlement", "order_line"),
    filterset=HumanMatchFilter,
    columns=(
        Column("Statement", "settlement.external_id"),
        Column("Account", "account.label"),
        Column("Amount", lambda row: Money(row.amount, row.currency), "money", sort="amount"),
        Column("Belongs to", _became),
        Column("State", "state", "badge"),
        Column("Because", "reason"),
        Column("Proposed", lambda row: f"{row.proposed_by}, {row.proposed_at:%Y-%m-%d}", sort="proposed_at"),
        Column("Decided by", "decided_by", is_wide_only=True),
    ),
    order_by=("-proposed_at", "-pk"),
    link=lambda row: reverse("finance:statement", args=[row.settlement_id]),
    permission=Action.VIEW_MONEY,
    empty="Nobody matched a row by hand.",
    template="finance/list.html",
)


def write_offs(request: HttpRequest) -> HttpResponseBase:
    return listing(request, WRITE_OFFS)


def hand_matches(request: HttpRequest) -> HttpResponseBase:
    return listing(request, HAND_MATCHES)
