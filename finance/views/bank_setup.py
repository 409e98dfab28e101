"""How bank files are read and whose bookings they are, edited on one page."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from config.core.buttons import Button, allowed, press
from config.core.permissions import Action
from config.core.screens import page, require
from finance.models import BankAccount, BankLayout, BankRule
from finance.services.bank import ways
from marketplaces.selectors import accounts

LABELS = {
    "booked_on": "Day", "amount": "Amount, signed", "credit": "Amount in", "debit": "Amount out", "currency": "Currency",
    "reference": "Reference", "iban": "Bank account (IBAN)", "bank_ref": "The bank's own number", "fee": "Kept by the bank",
    "is_return": "Is a return",
}  # fmt: skip


def _number(request: HttpRequest, name: str) -> int | None:
    value = request.POST.get(name, "")
    return int(value) if value.isdecimal() else None


def _named(request: HttpRequest) -> int:
    pk = _number(request, "pk")
    if pk is None:
        raise ValidationError("name the row")
    return pk


def _layout(request: HttpRequest) -> str:
    given = request.POST
    values: dict[str, Any] = {
        name: given[name] for name in ("name", "delimiter", "encoding", "day_format") if name in given
    }
    values["decimal_comma"] = given.get("decimal_comma") == "on"
    values["skip_lines"] = _number(request, "skip_lines") or 0
    values["columns"] = {name: given.get(f"column_{name}", "") for name in ways.COLUMNS}
    made = ways.set_layout(values, pk=_number(request, "pk"))
    return f"Files of {made.name} can be read; choose it when you import one"


def _forget_layout(request: HttpRequest) -> str:
    ways.remove_layout(_named(request))
    return "Removed; what was read by it stays"


def _rule(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    made = ways.set_rule(request.POST.get("text", ""), account)
    return f"Bookings with {made.text!r} belong to {made.account.label}; those that waited were looked at again"


def _forget_rule(request: HttpRequest) -> str:
    ways.remove_rule(_named(request))
    return "Removed; bookings that it placed stay where they are"


def _name(request: HttpRequest) -> str:
    made = ways.name_account(get_object_or_404(BankAccount, pk=_named(request)), request.POST.get("label", ""))
    return f"Called {made}"


BUTTONS = {
    "layout": Button(Action.EDIT_BOOKS, _layout),
    "forget_layout": Button(Action.EDIT_BOOKS, _forget_layout),
    "rule": Button(Action.EDIT_BOOKS, _rule),
    "forget_rule": Button(Action.EDIT_BOOKS, _forget_rule),
    "name": Button(Action.EDIT_BOOKS, _name),
}


def setup(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return press(request, BUTTONS)
    require(request, Action.VIEW_MONEY)
    layouts = [_form(layout) for layout in BankLayout.objects.order_by("name")]
    context = {
        "layouts": layouts, "new": _form(BankLayout()), "rules": BankRule.objects.select_related("account").order_by("text"),
        "banks": BankAccount.objects.order_by("iban"), "accounts": accounts(), "can": allowed(request, BUTTONS),
    }  # fmt: skip
    return page(request, "finance/bank_setup.html", "Reading bank files", context)


def _form(layout: BankLayout) -> tuple[BankLayout, list[tuple[str, str, str]]]:
    return layout, [(name, LABELS[name], layout.columns.get(name, "")) for name in ways.COLUMNS]
