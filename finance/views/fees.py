"""Fee schedules: their rows and how they changed; rows are added, ended and withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.fee_words import place, terms, tier
from finance.fees import SALE_FEES
from finance.filters import fees as filters
from finance.models import FeeBasis, FeeRule, Rounding, VatTreatment, VolumeUnit
from finance.selectors import fees as selectors
from finance.selectors.fee_plans import MONTHLY
from finance.services import tariffs
from finance.views import fee_forms as forms
from finance.views.fee_forms import words
from marketplaces.canonical import LineClass
from marketplaces.selectors import accounts

CLASSES = (*SALE_FEES, LineClass.ADMINISTRATION_FEE.value, LineClass.FEE_REVERSAL.value, *MONTHLY)
MEASURES = ("weight_from_g", "weight_below_g", "longest_mm", "middle_mm", "shortest_mm", "volume_divisor")
SHOWN = 200


SCHEDULES = Listing(
    title="Fee schedules",
    subtitle="What each fee should be, as dated rows. What was agreed with an account counts before the marketplace's "
    "estimate on the order, that before its quote for the listing, and that before what it publishes.",
    queryset=lambda request: selectors.rules(),
    filterset=filters.FeeRuleFilter,
    columns=(
        Column("Fee", lambda row: words(row.line_class), sort="line_class"),
        Column("Whose", lambda row: row.account.label if row.account else f"{row.marketplace}, published"),
        Column("Where", place),
        Column("Tier", tier, is_wide_only=True),
        Column("Says", terms),
        Column("Currency", lambda row: row.currency or "any", is_wide_only=True),
        Column("From", "valid_from", "moment", sort="valid_from"),
        Column("Today", "standing", "badge"),
        Column("By", "entered_by", is_wide_only=True),
        Column("Source", "source", is_wide_only=True),
    ),
    order_by=("account", "marketplace", "line_class", "channel", "category", "-valid_from", "price_from", "weight_from_g", "pk"),
    link=lambda row: reverse("finance:fee", args=[row.pk]),
    permission=Action.VIEW_MONEY,
    empty="No row fits these filters.",
    template="finance/fees.html",
)  # fmt: skip


def schedules(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    context = {
        "accounts": accounts(), "classes": [(name, words(name)) for name in CLASSES], "bases": FeeBasis.choices,
        "roundings": Rounding.choices, "volumes": VolumeUnit.choices, "vats": VatTreatment.choices, "today": clock.now().date(),
        "can": allowed(request, BUTTONS),
    }  # fmt: skip
    return listing(request, SCHEDULES, context)


def _add(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    if account is None:
        raise ValidationError("choose the account that agreed it")
    values: dict[str, Any] = {
        "line_class": text(request, "line_class", missing="choose the fee"),
        "valid_from": forms.day(request, "valid_from"),
        "source": text(request, "source", missing="say where this was agreed, such as the contract"),
        "rate": (forms.number(request, "percent") or Decimal(0)) / 100,
        **{name: name in request.POST for name in ("is_limit_per_piece", "is_charged_later")},
        **{name: request.POST.get(name, "").strip() for name in ("channel", "category", "programme")},
        **{name: request.POST[name] for name in ("basis", "rounding", "vat", "volume_unit") if request.POST.get(name)},
        **{
            name: forms.number(request, name) or Decimal(0)
            for name in ("per_unit", "per_line", "per_order", "per_volume")
        },
        **{name: forms.number(request, name) for name in ("minimum", "maximum", "price_from", "price_below")},
        **{name: forms.whole(request, name) for name in MEASURES},
        "currency": request.POST.get("currency", "").strip().upper(),
    }
    vat = forms.number(request, "vat_percent")
    made = tariffs.add(
        account.pk, {**values, "vat_rate": None if vat is None else vat / 100},
        by=request.user.get_username(),
    )  # fmt: skip
    return (
        f"{words(made.line_class)} of {account.label}: {terms(made)}, from {made.valid_from}; lines are reckoned anew"
    )


BUTTONS = {"add": Button(Action.EDIT_FEES, _add)}


def _end(request: HttpRequest, found: FeeRule) -> str:
    ended = tariffs.end(found, on=forms.day(request, "on"), by=request.user.get_username())
    return f"Ended from {ended.valid_from} on; what is less specific holds again"


def _withdraw(request: HttpRequest, found: FeeRule) -> str:
    tariffs.withdraw(found, by=request.user.get_username())
    return "Withdrawn: it counts as if it had never held"


RULE_BUTTONS = {"end": Button(Action.EDIT_FEES, _end), "withdraw": Button(Action.EDIT_FEES, _withdraw)}


def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """One row, every version of its key, and some of the lines that it decides."""
    found = get_object_or_404(selectors.rules(), pk=pk)
    if request.method == "POST":
        return press(request, RULE_BUTTONS, found)
    require(request, Action.VIEW_MONEY)
    history = list(selectors.versions(found)[:SHOWN])
    context = {
        "rule": found, "words": terms(found), "place": place(found), "tier": tier(found),
        "fee": words(found.line_class), "history": [(row, tier(row), terms(row)) for row in history],
        "can": allowed(request, RULE_BUTTONS) if found.account_id and found.withdrawn_at is None else set(),
        "today": clock.now().date(),
    }  # fmt: skip
    return page(request, "finance/fee.html", f"{words(found.line_class)}: {terms(found)}", context)
