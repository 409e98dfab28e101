"""Rows of a statement with what each was matched to, and one row with its labels, its match and its raw page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.statements import SettlementLineFilter
from finance.models import Match, Settlement, SettlementLine
from finance.selectors import statements as selectors


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


def lines(request: HttpRequest, pk: int) -> HttpResponseBase:
    statement = get_object_or_404(Settlement.objects.select_related("account"), pk=pk)
    return listing(request, LINES, {"statement": statement, "title": f"Rows of {statement.external_id}"})


def line(request: HttpRequest, pk: int) -> HttpResponse:
    require(request, Action.VIEW_MONEY)
    found = get_object_or_404(SettlementLine.objects.select_related("settlement", "account"), pk=pk)
    context: dict[str, Any] = {
        "line": found,
        "matches": selectors.matches_of(line_ids=[pk]),
        "candidates": selectors.candidates(line=found) if found.scope == "quarantine" else [],
        "others": selectors.settled_of_order(account=found.account_id, order_ref=found.order_ref)[:50]
        if found.order_ref
        else [],
    }
    return page(request, "finance/line.html", f"Row {found.row_no} of {found.settlement.external_id}", context)
