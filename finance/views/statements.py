"""Statements: the list, and one from the bank's deposit down to its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.exports import csv_response
from config.core.money import LossyAmount, Money, decimal
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.classes import Scope
from finance.filters.statements import SettlementFilter
from finance.models import Settlement, SettlementState
from finance.selectors import statements as selectors
from finance.services import approvals, payouts, reconcile

MEANING = {
    1: "the lines make the total",
    2: "the total is what the bank received",
    3: "what was held back before, less what was released, is what is held back now",
    4: "the six ledgers make the total",
    5: "the money of order lines makes the lines that belong to orders",
    6: "the period continues the one before",
    7: "what its entries put on the clearing account, the deposit takes away",
    8: "its entries, over all months, make the total",
}
DECIDED = (SettlementState.APPROVED, SettlementState.EXPORTED, SettlementState.LOCKED, SettlementState.REISSUED)
SCOPES = {
    Scope.ORDER: "belongs to a line of an order",
    Scope.SHIPMENT: "belongs to a parcel",
    Scope.ACCOUNT: "storage, advertising, subscriptions and other fees of the account",
    Scope.RESERVE: "held back, or released from what was held back",
    Scope.TRANSFER: "paid out, or carried over",
    Scope.QUARANTINE: "not understood yet: nothing is guessed",
}


def amount(value: Decimal | None, currency: str) -> Money | None:
    """Money where both are known."""
    return Money(value, currency) if value is not None and currency else None


def period(row: Settlement) -> str:
    if row.period_start is None or row.period_end is None:
        return "not told"
    return f"{row.period_start:%d %b} to {row.period_end:%d %b %Y}"


STATEMENTS = Listing(
    title="Statements",
    subtitle="A statement is right when its lines make its total, its total reached the bank, and no row is left "
    "unexplained. The residual is what no named ledger explains. Plus is money to you, each in its own currency.",
    queryset=lambda request: selectors.statements(),
    filterset=SettlementFilter,
    columns=(
        Column("Statement", "external_id"),
        Column("Account", "account.label"),
        Column("Period", period, sort="period_end"),
        Column("Total", lambda row: amount(row.total, row.currency), "money", sort="total"),
        Column("Residual", lambda row: amount(row.residual, row.currency), "residual", sort="residual"),
        Column("State", "state", "badge"),
        Column("Flags", "flags", "flags"),
        Column("Lines", "line_count", "number", sort="line_count", is_wide_only=True),
        Column("Checked", "checked_at", "since", is_wide_only=True),
    ),
    order_by=("-period_end", "-pk"),
    link=lambda row: reverse("finance:statement", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="No statement fits. They come by themselves; an older one can be imported from a file.",
    template="finance/statements.html",
)


PAYOUTS = replace(
    STATEMENTS,
    title="Payouts",
    columns=(
        *STATEMENTS.columns[:4],
        Column("Due at the bank", "deposit_on", "moment", sort="deposit_on"),
        Column("Payout", "payout_state", "badge"),
        Column("Why", "payout_reason"),
        Column("State", "state", "badge", is_wide_only=True),
    ),
)


def statements(request: HttpRequest) -> HttpResponseBase:
    require(request, Action.VIEW_MONEY)
    return listing(request, STATEMENTS, {"untied": selectors.statements_not_tied().count()})


def _reconcile(request: HttpRequest, pk: int) -> str:
    reconcile.reconcile_one(pk)
    checked = Settlement.objects.get(pk=pk)
    if checked.residual is None:
        return f"Matched again; the residual cannot be told: {checked.residual_reason}"
    return f"Matched and checked again: the residual is {Money(checked.residual, checked.currency)}"


def _approve(request: HttpRequest, pk: int) -> str:
    approvals.approve(Settlement.objects.get(pk=pk), by=request.user.get_username(), note=request.POST.get("note", ""))
    return "Approved"


def _withdraw(request: HttpRequest, pk: int) -> str:
    why = text(request, "note", missing="say why; the next person will ask")
    approvals.withdraw(Settlement.objects.get(pk=pk), by=request.user.get_username(), reason=why)
    return "The approval is taken back"


def _returned(request: HttpRequest, pk: int) -> str:
    why = text(request, "note", missing="say why it came back; the next person will ask")
    payouts.returned(Settlement.objects.get(pk=pk), reason=why)
    return "Marked as returned: the money is owed again"


def _exchange(request: HttpRequest, pk: int) -> str:
    rate, fee = (_exact(request, name) for name in ("rate", "fee"))
    held = payouts.exchange(
        Settlement.objects.get(pk=pk), currency=request.POST.get("currency", ""), rate=rate, fee=fee
    )  # fmt: skip
    if held.payout_rate is None:
        return f"The bank receives {held.currency}"
    return f"The bank receives {held.payout_currency} at {held.payout_rate.normalize():f}; checked again"


def _exact(request: HttpRequest, name: str) -> Decimal | None:
    value = request.POST.get(name, "").strip()
    try:
        return decimal(value) if value else None
    except LossyAmount as error:
        raise ValidationError(f"{name}: {error}") from error


BUTTONS = {
    "exchange": Button(Action.RECONCILE, _exchange),
    "reconcile": Button(Action.RECONCILE, _reconcile),
    "approve": Button(Action.APPROVE_MONEY, _approve),
    "withdraw": Button(Action.APPROVE_MONEY, _withdraw),
    "returned": Button(Action.RECONCILE, _returned),
}


def statement(request: HttpRequest, pk: int) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS, pk)
    require(request, Action.VIEW_MONEY)
    try:
        detail = selectors.statement(pk=pk)
    except ObjectDoesNotExist as error:
        raise Http404("this client has no such statement") from error
    if request.GET.get("format") == "csv":
        return csv_response(f"Statement {detail.settlement.external_id}", SUM_NAMES, _sums(detail))
    context = {
        "detail": detail,
        "received_in": detail.settlement.payout_currency or detail.settlement.currency,
        "statement": detail.settlement,
        "period": period(detail.settlement),
        "ledgers": list(_ledgers(detail)),
        "checks": [(check, MEANING.get(check.number, "")) for check in detail.checks],
        "deposited": sum((deposit.amount for deposit in detail.deposits), Decimal(0)) if detail.deposits else None,
        "is_tied": detail.settlement.state in (SettlementState.TIED, SettlementState.MATCHED),
        "objections": []
        if detail.settlement.state in DECIDED
        else approvals.objections(detail.settlement, checks=detail.checks, found=detail.discrepancies),
        "is_decided": detail.settlement.state in DECIDED,
        "revisions": detail.settlement.revisions.order_by("-number"),
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/statement.html", f"Statement {detail.settlement.external_id}", context)


SUM_NAMES = ("part", "name", "rows", "should be", "amount", "currency", "passed", "why")


def _sums(detail: selectors.StatementDetail) -> Iterator[list[Any]]:
    """The classes of each ledger, the identities and the deposits, as rows of one table."""
    of = detail.settlement
    for each in detail.classes:
        yield [each.scope, each.line_class, each.lines, None, each.amount, of.currency, None, ""]
    for check in detail.checks:
        what = MEANING.get(check.number, "")
        yield ["identity", what, None, check.expected, check.actual, check.currency, check.passed, check.reason]
    for paid in detail.deposits:
        yield ["deposit", paid.reference, None, None, paid.amount, paid.currency, None, paid.booked_on]


@dataclass(frozen=True, slots=True)
class Ledger:
    """One of the six scopes with its classes; `share` is its size in percent of the largest."""

    scope: Scope
    meaning: str
    amount: Decimal
    lines: int
    share: float
    classes: tuple[selectors.ClassSum, ...]


def _ledgers(detail: selectors.StatementDetail) -> Iterator[Ledger]:
    largest = max((abs(value) for value in detail.scopes.values()), default=Decimal(0)) or Decimal(1)
    for scope, meaning in SCOPES.items():
        mine = tuple(each for each in detail.classes if each.scope == scope)
        value = detail.scopes[scope.value]
        share = abs(value) / largest * 100
        yield Ledger(scope, meaning, value, sum(each.lines for each in mine), share, mine)  # type: ignore[arg-type]
