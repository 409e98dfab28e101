"""Fees: the schedules and how they changed, what each order line should be charged, and the marketplaces' quotes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_date

from config.core import clock
from config.core.buttons import Button, allowed, press, text
from config.core.exports import csv_response
from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.fee_habits import Habit
from finance.fee_words import REASONS, place, terms, tier
from finance.fees import SALE_FEES
from finance.filters import fees as filters
from finance.models import ExpectedFee, FeeBasis, FeeRule, Rounding, VatTreatment
from finance.selectors import fee_habits as learned
from finance.selectors import fees as selectors
from finance.services import tariffs
from marketplaces.canonical import LineClass
from marketplaces.selectors import accounts

CLASSES = (*SALE_FEES, LineClass.ADMINISTRATION_FEE.value, LineClass.FEE_REVERSAL.value, *selectors.MONTHLY)
MEASURES = ("weight_from_g", "weight_below_g", "longest_mm", "middle_mm", "shortest_mm", "volume_divisor")
SHOWN = 200
MONTHS_SHOWN = 4


def _words(name: str) -> str:
    return name.replace("_", " ") if name else "any other fee"


SCHEDULES = Listing(
    title="Fee schedules",
    subtitle="What each fee should be, as dated rows. What was agreed with an account counts before the marketplace's "
    "estimate on the order, that before its quote for the listing, and that before what it publishes.",
    queryset=lambda request: selectors.rules(),
    filterset=filters.FeeRuleFilter,
    columns=(
        Column("Fee", lambda row: _words(row.line_class), sort="line_class"),
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
        "accounts": accounts(), "classes": [(name, _words(name)) for name in CLASSES], "bases": FeeBasis.choices,
        "roundings": Rounding.choices, "vats": VatTreatment.choices, "today": clock.now().date(),
        "can": allowed(request, BUTTONS),
    }  # fmt: skip
    return listing(request, SCHEDULES, context)


def _add(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    if account is None:
        raise ValidationError("choose the account that agreed it")
    values: dict[str, Any] = {
        "line_class": text(request, "line_class", missing="choose the fee"),
        "valid_from": _day(request, "valid_from"),
        "source": text(request, "source", missing="say where this was agreed, such as the contract"),
        "rate": (_number(request, "percent") or Decimal(0)) / 100,
        "is_limit_per_piece": "is_limit_per_piece" in request.POST,
        **{name: request.POST.get(name, "").strip() for name in ("channel", "category", "programme")},
        **{name: request.POST[name] for name in ("basis", "rounding", "vat") if request.POST.get(name)},
        **{name: _number(request, name) or Decimal(0) for name in ("per_unit", "per_line", "per_order")},
        **{name: _number(request, name) for name in ("minimum", "maximum", "price_from", "price_below")},
        **{name: _whole(request, name) for name in MEASURES},
        "currency": request.POST.get("currency", "").strip().upper(),
    }
    vat = _number(request, "vat_percent")
    made = tariffs.add(
        account.pk, {**values, "vat_rate": None if vat is None else vat / 100},
        by=request.user.get_username(),
    )  # fmt: skip
    return (
        f"{_words(made.line_class)} of {account.label}: {terms(made)}, from {made.valid_from}; lines are reckoned anew"
    )


def _day(request: HttpRequest, name: str) -> date:
    try:
        day = parse_date(request.POST.get(name, ""))
    except ValueError:
        day = None
    if day is None:
        raise ValidationError("write the day as 2026-12-31")
    return day


def _number(request: HttpRequest, name: str) -> Decimal | None:
    """A number of the form, with point or comma; None where nothing is written."""
    given = request.POST.get(name, "").strip().replace(",", ".")
    try:
        return Decimal(given) if given else None
    except InvalidOperation as error:
        raise ValidationError(f"{given!r} is not a number") from error


def _whole(request: HttpRequest, name: str) -> int | None:
    """A whole number of the form; None where nothing is written."""
    number = _number(request, name)
    if number is not None and number != int(number):
        raise ValidationError(f"{number} is not a whole number")
    return None if number is None else int(number)


def _tax(request: HttpRequest) -> str:
    account = accounts().filter(key=request.POST.get("account", "")).first()
    if account is None:
        raise ValidationError("choose the account")
    rate = _number(request, "percent")
    if rate is None:
        raise ValidationError("say how many per cent; 0 where you owe it yourself")
    values = {
        "valid_from": _day(request, "valid_from"), "rate": rate / 100,
        **{name: request.POST.get(name, "").strip() for name in ("channel", "line_class")},
        "source": text(request, "source", missing="say where this is told, such as an invoice for fees"),
    }  # fmt: skip
    made = tariffs.tax(account.pk, values, by=request.user.get_username())
    of = f"{_words(made.line_class)} of " if made.line_class else "the fees of "
    return f"{made.rate:.2%} come on top of {of} {account.label} from {made.valid_from}; lines are reckoned anew"


BUTTONS = {"add": Button(Action.EDIT_FEES, _add)}


def _end(request: HttpRequest, found: FeeRule) -> str:
    ended = tariffs.end(found, on=_day(request, "on"), by=request.user.get_username())
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
        "fee": _words(found.line_class), "history": [(row, tier(row), terms(row)) for row in history],
        "can": allowed(request, RULE_BUTTONS) if found.account_id and found.withdrawn_at is None else set(),
        "today": clock.now().date(),
    }  # fmt: skip
    return page(request, "finance/fee.html", f"{_words(found.line_class)}: {terms(found)}", context)


def _order(row: ExpectedFee) -> str:
    try:
        return reverse("order_of", args=[row.order_line.account.key, row.order_line.order_ref])
    except NoReverseMatch:
        return ""


EXPECTED = Listing(
    title="Expected fees",
    subtitle="What each fee of an order line should be, by whom that is said; where an input is missing, the reason. "
    "Fees are negative: you pay them.",
    queryset=lambda request: selectors.expected_fees(),
    filterset=filters.ExpectedFeeFilter,
    columns=(
        Column("Order", "order_line.order_ref"),
        Column("Line", "order_line.external_id", is_wide_only=True),
        Column("Account", "order_line.account.label"),
        Column("Fee", lambda row: _words(row.line_class), sort="line_class"),
        Column("Should be", lambda row: None if row.amount is None else Money(row.amount, row.currency), "money", sort="amount"),
        Column("Said by", lambda row: row.get_source_display()),
        Column("In words", lambda row: REASONS.get(row.reason, row.reason) or selectors.says(row), is_wide_only=True),
        Column("Tolerated", lambda row: Money(row.tolerance, row.currency), "money", is_wide_only=True),
    ),
    order_by=("-pk",),
    link=_order,
    permission=Action.VIEW_MONEY,
    empty="No fee is expected here: agree a schedule, or wait for quotes.",
    template="finance/fee_list.html",
)  # fmt: skip


def expected(request: HttpRequest) -> HttpResponseBase:
    return listing(request, EXPECTED)


QUOTES = Listing(
    title="Fee quotes",
    subtitle="What the marketplaces say they would charge for one piece at a price, the latest for each listing.",
    queryset=lambda request: selectors.quotes(),
    filterset=filters.FeeQuoteFilter,
    columns=(
        Column("Product", "remote_id"),
        Column("Account", "account.label"),
        Column("Storefront", "channel"),
        Column("At", lambda row: Money(row.price, row.currency), "money", sort="price"),
        Column("Fees", lambda row: Money(row.total, row.currency), "money", sort="total"),
        Column("Of the price", lambda row: f"{-row.total / row.price:.1%}" if row.price else "–", "number"),
        Column("Parts", lambda row: ", ".join(f"{_words(p['line_class'])} {p['amount']}" for p in row.parts), is_wide_only=True),
        Column("Quoted", "quoted_at", "since", sort="quoted_at"),
    ),
    order_by=("account", "remote_id", "channel", "pk"),
    permission=Action.VIEW_MONEY,
    empty="No marketplace has quoted a fee yet.",
    template="finance/fee_list.html",
)  # fmt: skip


def quotes(request: HttpRequest) -> HttpResponseBase:
    return listing(request, QUOTES)


MONTHLY_NAMES = ("month", "account", "fee", "expected", "charged", "currency", "note")
HABIT_NAMES = (
    "fee", "charges", "tell apart", "rounding", "vat rate", "explains", "best rounding", "best vat rate", "best explains",
)  # fmt: skip


def monthly(request: HttpRequest) -> HttpResponseBase:
    """Plan and storage of the last months, by schedule and as charged; `?format=csv` is the same as a table."""
    require(request, Action.VIEW_MONEY)
    first = clock.now().date().replace(day=1)
    months = [first]
    while len(months) < MONTHS_SHOWN:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    known = list(accounts())
    rows = [(month, selectors.monthly(accounts=known, month=month)) for month in months]
    if request.GET.get("format") == "csv":
        told = (
            [month, row.account.key, row.line_class, row.expected, row.charged, row.currency, row.why]
            for month, some in rows for row in some
        )  # fmt: skip
        return csv_response("Monthly fees", MONTHLY_NAMES, told)
    return page(request, "finance/fees_monthly.html", "Monthly fees", {"months": rows})


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
        "classes": [(name, _words(name)) for name in CLASSES],
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
        account, name, rounding=rounding, vat_rate=_number(request, "vat_rate"), by=request.user.get_username()
    )
    return f"{done['rows']} rows of {account.label} say so now; its lines are reckoned anew"


HABIT_BUTTONS = {"adopt": Button(Action.EDIT_FEES, _adopt), "tax": Button(Action.EDIT_FEES, _tax)}
