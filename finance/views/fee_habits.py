"""How fees are rounded and taxed, as charges tell and as people say; nothing is applied by itself."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import page, require
from finance.fee_habits import Habit
from finance.models import Rounding
from finance.selectors import fee_habits as learned
from finance.selectors import fees as selectors
from finance.services import tariffs
from finance.views import fee_forms as forms
from finance.views.fee_forms import words
from finance.views.fees import CLASSES
from marketplaces.selectors import accounts

SHOWN = 200
HABIT_NAMES = (
    "fee", "charges", "tell apart", "rounding", "vat rate", "explains", "best rounding", "best vat rate", "best explains",
)  # fmt: skip


def habits(request: HttpRequest) -> HttpResponseBase:
    """What charges tell of rounding and VAT, account by account; a person approves, nothing is applied by itself."""
    if request.method == "POST":
        return press(request, HABIT_BUTTONS)
    require(request, Action.VIEW_MONEY)
    known = list(accounts())
    chosen = next(
        (account for account in known if account.key == request.GET.get("account")), known[0] if known else None
    )
    found = learned.habits(account=chosen) if chosen else []
    if request.GET.get("format") == "csv":
        return csv_response("How fees are rounded", HABIT_NAMES, [_plain(habit) for habit in found])
    context = {
        "accounts": known, "chosen": chosen, "habits": found,
        "classes": [(name, words(name)) for name in CLASSES],
        "vats": selectors.vats().filter(account=chosen)[:SHOWN] if chosen else [], "today": clock.now().date(),
        "can": allowed(request, HABIT_BUTTONS),
    }  # fmt: skip
    return page(request, "finance/fee_habits.html", "How fees are rounded", context)


def _plain(habit: Habit) -> list[Any]:
    now, best = habit.current, habit.best
    return [
        habit.line_class, habit.charges, habit.telling, now.rounding, now.vat_rate, habit.current_exact, best.rounding,
        best.vat_rate, habit.best_exact,
    ]  # fmt: skip


def _adopt(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    if account is None:
        raise ValidationError("choose the account")
    rounding = text(request, "rounding", missing="choose how it is rounded")
    if rounding not in Rounding.values:
        raise ValidationError(f"nothing is rounded {rounding!r}")
    name = text(request, "line_class", missing="choose the fee")
    done = tariffs.adopt(
        account, name, rounding=rounding, vat_rate=forms.number(request, "vat_rate"), by=request.user.get_username()
    )
    return f"{done['rows']} rows of {account.label} say so now; its lines are reckoned anew"


def _tax(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    if account is None:
        raise ValidationError("choose the account")
    rate = forms.number(request, "percent")
    if rate is None:
        raise ValidationError("say how many per cent; 0 where you owe it yourself")
    values = {
        "valid_from": forms.day(request, "valid_from"), "rate": rate / 100,
        **{name: request.POST.get(name, "").strip() for name in ("channel", "line_class")},
        "source": text(request, "source", missing="say where this is told, such as an invoice for fees"),
    }  # fmt: skip
    made = tariffs.tax(account.pk, values, by=request.user.get_username())
    of = f"{words(made.line_class)} of " if made.line_class else "the fees of "
    return f"{made.rate:.2%} come on top of {of} {account.label} from {made.valid_from}; lines are reckoned anew"


HABIT_BUTTONS = {"adopt": Button(Action.EDIT_FEES, _adopt), "tax": Button(Action.EDIT_FEES, _tax)}
