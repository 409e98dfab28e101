"""Claims by money and deadline, one claim with its evidence, and its pack as a file."""

from __future__ import annotations

from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.buttons import Button, allowed, press, text
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.claim_packs import packed
from finance.filters.decisions import ClaimFilter
from finance.models import OPEN_CLAIMS, Claim, SettlementLine
from finance.services import claims as service

_OPEN_FIRST = Case(When(state__in=OPEN_CLAIMS, then=Value(0)), default=Value(1))


def _claims(request: HttpRequest) -> QuerySet[Claim]:
    return Claim.objects.select_related("account").annotate(turn=_OPEN_FIRST)


CLAIMS = Listing(
    title="Claims",
    subtitle="Money asked back from marketplaces: what is asked, until when, and what came back. Open ones first, then by "
    "money and deadline.",
    queryset=_claims,
    filterset=ClaimFilter,
    columns=(
        Column("About", lambda row: row.get_kind_display()),
        Column("Order", "order_ref"),
        Column("Account", "account.label"),
        Column("Asked", lambda row: Money(row.asked, row.currency), "money", sort="asked"),
        Column("Recovered", lambda row: Money(row.recovered, row.currency), "money", sort="recovered"),
        Column("Deadline", "deadline_on", "moment", sort="deadline_on"),
        Column("State", "state", "badge"),
        Column("Case", "reference", is_wide_only=True),
    ),
    order_by=("turn", "-asked", "deadline_on", "pk"),
    link=lambda row: reverse("finance:claim", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="No claim fits. Open one from a discrepancy that says what is owed.",
    template="finance/list.html",
)


def claims(request: HttpRequest) -> HttpResponseBase:
    return listing(request, CLAIMS)


def _submit(request: HttpRequest, claim: Claim) -> str:
    service.submit(claim, by=request.user.get_username(), reference=request.POST.get("reference", ""))
    return "Submitted: the evidence is kept as it was"


def _refuse(request: HttpRequest, claim: Claim) -> str:
    service.refuse(claim, by=request.user.get_username(), reason=text(request, "reason", missing="say why"))
    return "Refused by the marketplace"


def _withdraw(request: HttpRequest, claim: Claim) -> str:
    service.withdraw(claim, by=request.user.get_username(), reason=text(request, "reason", missing="say why"))
    return "Withdrawn"


def _recover(request: HttpRequest, claim: Claim) -> str:
    row = get_object_or_404(SettlementLine, pk=text(request, "line", missing="choose a row"))
    paid = service.recover(claim, row, by=request.user.get_username())
    return f"{Money(paid.recovered, paid.currency)} of {Money(paid.asked, paid.currency)} recovered"


BUTTONS = {
    "submit": Button(Action.RECONCILE, _submit),
    "refuse": Button(Action.RECONCILE, _refuse),
    "withdraw": Button(Action.RECONCILE, _withdraw),
    "recover": Button(Action.RECONCILE, _recover),
}


def claim(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Claim.objects.select_related("account", "discrepancy"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW_MONEY)
    pays = SettlementLine.objects.filter(
        account=found.account_id, order_ref=found.order_ref, line_class__in=service.PAYS, amount__gt=0,
        currency=found.currency,
    ).select_related("settlement")  # fmt: skip
    context = {
        "claim": found,
        "evidence": found.evidence or service.evidence(found),
        "recoveries": found.recoveries.select_related("settlement").order_by("pk"),
        "candidates": pays.order_by("-posted_at")[:20] if found.order_ref else [],
        "is_open": found.state in OPEN_CLAIMS,
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/claim.html", f"Claim over {Money(found.asked, found.currency)}", context)


def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """The evidence as one file."""
    require(request, Action.VIEW_MONEY)
    found = get_object_or_404(Claim.objects.select_related("discrepancy"), pk=pk)
    answer = HttpResponse(packed(found.evidence or service.evidence(found)), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="claim-{pk}.zip"'
    return answer
