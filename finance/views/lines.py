"""Rows of a statement with what each was matched to, and one row with its labels, its match and its raw page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.statements import SettlementLineFilter
from finance.models import DecisionState, HumanMatch, Match, Settlement, SettlementLine
from finance.models.decisions import LIVE
from finance.selectors import statements as selectors
from finance.selectors import worklist
from finance.services import hand_matches
from inventory.models import OrderLine


def _rows(request: HttpRequest) -> QuerySet[SettlementLine]:
    here = request.resolver_match.kwargs["pk"] if request.resolver_match else 0
    return selectors.statement_lines(settlement=here).prefetch_related("matches")


def _match(line: SettlementLine) -> Match | None:
    return next(iter(line.matches.all()), None)


def _layer(line: SettlementLine) -> str:
    match = _match(line)
    return match.get_layer_display() if match else "not matched yet"


def _reason(line: SettlementLine) -> str:
    match = _match(line)
    return match.get_reason_display() if match else ""


LINES = Listing(
    title="Rows of a statement",
    queryset=_rows,
    filterset=SettlementLineFilter,
    columns=(
        Column("Row", "row_no", "number", sort="row_no"),
        Column("Label", lambda line: " › ".join(filter(None, (line.label_type, line.label_group, line.label_text)))),
        Column("Class", lambda line: line.line_class.replace("_", " ")),
        Column("Ledger", "scope", "badge"),
        Column("Amount", lambda line: Money(line.amount, line.currency), "money", sort="amount"),
        Column("Order", "order_ref"),
        Column("Posted", "posted_at", "moment", sort="posted_at", is_wide_only=True),
        Column("Matched by", _layer, is_wide_only=True),
        Column("Because", _reason, is_wide_only=True),
    ),
    order_by=("row_no",),
    link=lambda line: reverse("finance:line", args=[line.pk]),
    permission=Action.VIEW_MONEY,
    empty="No row fits these filters.",
    template="finance/lines.html",
)


UNMATCHED = replace(
    LINES,
    title="Unmatched rows",
    queryset=lambda request: worklist.unmatched_rows(),
    columns=(
        Column("Statement", "settlement.external_id"), Column("Account", "account.label"), *LINES.columns[1:3],
        *LINES.columns[4:],
    ),
    order_by=("-pk",),
)  # fmt: skip


def lines(request: HttpRequest, pk: int) -> HttpResponseBase:
    statement = get_object_or_404(Settlement.objects.select_related("account"), pk=pk)
    return listing(request, LINES, {"statement": statement, "title": f"Rows of {statement.external_id}"})


def _propose(request: HttpRequest, found: SettlementLine) -> str:
    chosen = request.POST.get("order_line", "")
    item = get_object_or_404(OrderLine, pk=chosen) if chosen.isdecimal() else None
    why = text(request, "reason", missing="say why; the next person will ask")
    made = hand_matches.propose(found, order_line=item, by=request.user.get_username(), reason=why)
    return "Matched" if made.state == DecisionState.APPROVED else "Proposed: a second person must agree"


def _decision(request: HttpRequest, found: SettlementLine) -> HumanMatch:
    return get_object_or_404(
        HumanMatch, pk=text(request, "decision", missing="choose one"), settlement=found.settlement
    )


def _agree(request: HttpRequest, found: SettlementLine) -> str:
    hand_matches.approve(_decision(request, found), by=request.user.get_username())
    return "Matched"


def _reverse(request: HttpRequest, found: SettlementLine) -> str:
    why = text(request, "reason", missing="say why; the next person will ask")
    hand_matches.reverse(_decision(request, found), by=request.user.get_username(), reason=why)
    return "Taken back: the rules matched the row again"


BUTTONS = {
    "propose": Button(Action.RECONCILE, _propose),
    "agree": Button(Action.APPROVE_MONEY, _agree),
    "reverse": Button(Action.RECONCILE, _reverse),
}


def line(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SettlementLine.objects.select_related("settlement", "account"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW_MONEY)
    decisions = hand_matches.of_line(found)
    context: dict[str, Any] = {
        "line": found,
        "decisions": decisions,
        "is_free": not any(made.state in LIVE for made in decisions),
        "can": allowed(request, BUTTONS),
        "matches": selectors.matches_of(line_ids=[pk]),
        "candidates": selectors.candidates(line=found) if found.order_ref else [],
        "others": selectors.settled_of_order(account=found.account_id, order_ref=found.order_ref)[:50]
        if found.order_ref
        else [],
    }
    return page(request, "finance/line.html", f"Row {found.row_no} of {found.settlement.external_id}", context)
