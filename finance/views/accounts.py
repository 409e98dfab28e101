"""The account map, edited row by row, and how the books are kept."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core.buttons import Button, allowed, press
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import page, require
from finance.models import AccountRule, TaxClass
from finance.models.journals import PURPOSES
from finance.selectors.journals import books
from finance.services import books as service
from marketplaces.canonical import LineClass
from marketplaces.selectors import accounts

NUMBERS = ("datev_consultant", "datev_client", "account_digits", "year_begins")


def _values(request: HttpRequest, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: request.POST.get(name, "").strip() for name in names if name in request.POST}


def _rule(request: HttpRequest) -> str:
    values = _values(request, service.RULE_FIELDS)
    key = values.pop("account", "")
    values["account"] = accounts().filter(key=key).first() if key else None
    pk = request.POST.get("pk", "")
    rule = service.set_rule(values, pk=int(pk) if pk.isdecimal() else None)
    return f"{rule.get_purpose_display()} goes to {rule.code}; open months are booked again"


def _remove(request: HttpRequest) -> str:
    pk = request.POST.get("pk", "")
    if not pk.isdecimal():
        raise ValidationError("name the row")
    service.remove_rule(int(pk))
    return "Removed; open months are booked again"


def _books(request: HttpRequest) -> str:
    values = {
        name: value or None if name in NUMBERS else value
        for name, value in _values(request, service.BOOK_FIELDS).items()
    }
    service.set_books(values)
    return "Saved; open months are booked again"


def _standard(request: HttpRequest) -> str:
    service.start_with_standard_chart()
    return "The standard chart is in place; edit what your books call otherwise"


BUTTONS = {
    "rule": Button(Action.EDIT_BOOKS, _rule),
    "remove": Button(Action.EDIT_BOOKS, _remove),
    "books": Button(Action.EDIT_BOOKS, _books),
    "standard": Button(Action.EDIT_BOOKS, _standard),
}


def _row(rule: AccountRule) -> list[Any]:
    account = rule.account.key if rule.account else ""
    return [account if name == "account" else getattr(rule, name) for name in service.RULE_FIELDS]


def ledger(request: HttpRequest) -> HttpResponseBase:
    if request.method == "POST":
        return press(request, BUTTONS)
    require(request, Action.VIEW_MONEY)
    rules = AccountRule.objects.select_related("account").order_by("purpose", "account", "tax_class", "country", "pk")
    if request.GET.get("format") == "csv":
        return csv_response("Account map", service.RULE_FIELDS, map(_row, rules))
    context = {
        "rules": rules,
        "books": books(),
        "purposes": PURPOSES,
        "tax_classes": TaxClass.choices,
        "line_classes": [str(each) for each in LineClass],
        "accounts": accounts(),
        "can": allowed(request, BUTTONS),
    }
    return page(request, "finance/ledger.html", "Account map", context)
