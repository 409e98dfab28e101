"""The work list of differences, most money first, and one difference with expected and settled side by side."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Abs
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.statements import DiscrepancyFilter
from finance.models import Claim, DecisionState, Discrepancy, DiscrepancyState
from finance.selectors import statements as selectors
from finance.services import claims, differences, write_offs
from finance.views.statements import amount


def _open_unless_asked(request: HttpRequest) -> QuerySet[Discrepancy]:
    return selectors.discrepancies() if request.GET.get("state") else selectors.open_discrepancies()


DISCREPANCIES = Listing(
    title="Discrepancies",
    subtitle="What should have been paid and was not, or was taken and should not have been. Plus is money owed to you, "
    "each in its own currency. Open ones are shown unless you choose a state.",
    queryset=_open_unless_asked,
    filterset=DiscrepancyFilter,
    columns=(
        Column("What", lambda row: row.get_kind_display()),
        Column("About", lambda row: row.order_ref or (row.settlement.external_id if row.settlement else row.key)),
        Column("Account", "account.label"),
        Column("Owed", lambda row: amount(row.amount, row.currency), "money", sort="amount"),
        Column("Severity", "severity", "badge", sort="severity"),
        Column("State", "state", "badge"),
        Column("Statement", lambda row: row.settlement.external_id if row.settlement else "", is_wide_only=True),
        Column("First seen", "first_seen_at", "since", sort="first_seen_at"),
    ),
    order_by=("severity", Abs("amount").desc(nulls_last=True), "first_seen_at", "pk"),  # type: ignore[arg-type]
    link=lambda row: reverse("finance:discrepancy", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="Nothing is open: every statement was paid as it should have been.",
    template="finance/discrepancies.html",
)


def discrepancies(request: HttpRequest) -> HttpResponseBase:
    require(request, Action.VIEW_MONEY)
    return listing(request, DISCREPANCIES, {"sums": selectors.owed_by_kind()})


def _accept(request: HttpRequest, found: Discrepancy) -> str:
    why = text(request, "reason", missing="say why; the next person will ask")
    differences.accept(found, by=request.user.get_username(), reason=why)
    return "Accepted: it stays so for as long as its amount stays the same"


def _resolve(request: HttpRequest, found: Discrepancy) -> str:
    why = text(request, "reason", missing="say why; the next person will ask")
    differences.resolve(found, by=request.user.get_username(), reason=why)
    return "Resolved: the next reconciliation opens it again if it is still there"


def _claim(request: HttpRequest, found: Discrepancy) -> str:
    made = claims.open_for(found, by=request.user.get_username())
    return f"A claim over {Money(made.asked, made.currency)} is drafted, to be submitted by {made.deadline_on:%d %b %Y}"


def _write_off(request: HttpRequest, found: Discrepancy) -> str:
    why = text(request, "reason", missing="say why; the next person will ask")
    made = write_offs.propose(found, by=request.user.get_username(), reason=why)
    return "Written off" if made.state == DecisionState.APPROVED else "Proposed: a second person must agree"


def _agree(request: HttpRequest, found: Discrepancy) -> str:
    made = get_object_or_404(found.write_offs, state=DecisionState.PROPOSED)
    write_offs.approve(made, by=request.user.get_username())
    return "Written off"


LINKED = ("rule", "rule_from", "rule_source")
SUMS = {"expected": "what the buyer paid for the units that left", "settled": "on the rows below"}
BUTTONS = {
    "accept": Button(Action.RECONCILE, _accept),
    "resolve": Button(Action.RECONCILE, _resolve),
    "claim": Button(Action.RECONCILE, _claim),
    "write_off": Button(Action.RECONCILE, _write_off),
    "agree": Button(Action.APPROVE_MONEY, _agree),
}


def discrepancy(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(selectors.discrepancies().select_related("settlement_line"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW_MONEY)
    same = Q(order_ref=found.order_ref) if found.order_ref else Q(settlement=found.settlement_id)
    context = {
        "found": found,
        "is_open": found.state == DiscrepancyState.OPEN,
        "sums": [(k, why, Money(found.evidence[k], found.currency)) for k, why in SUMS.items() if k in found.evidence],
        "facts": [
            (k, v) for k, v in found.evidence.items() if k not in (*SUMS, *LINKED) and not isinstance(v, list | dict)
        ],
        "labels": [label for label in found.evidence.get("labels", []) if label],
        "lines": selectors.settled_of_order(account=found.account_id, order_ref=found.order_ref)[:50]
        if found.order_ref
        else [],
        "others": selectors.discrepancies().filter(same, account=found.account_id).exclude(pk=pk)[:10],
        "claims": Claim.objects.filter(discrepancy=found).order_by("-pk"),
        "write_off": found.write_offs.filter(state=DecisionState.PROPOSED).first(),
        "may_claim": found.state == DiscrepancyState.OPEN and (found.amount or 0) > 0,
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/discrepancy.html", str(found.get_kind_display()).capitalize(), context)
