"""What accounts are charged for a month as a whole, and what each product should have cost to store in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core import clock
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import page, require
from finance.closing import former_month, month_of
from finance.selectors import fee_months as selectors
from finance.selectors.months import recent_months
from marketplaces.selectors import accounts

MONTHS_SHOWN = 4
SHOWN = 50
MONTHLY_NAMES = ("month", "account", "fee", "expected", "charged", "currency", "note")
STORED_NAMES = ("month", "account", "sku", "place", "units", "expected", "charged", "currency", "note")


def monthly(request: HttpRequest) -> HttpResponseBase:
    """Plan and storage of the last months, by schedule and as charged; `?format=csv` is the same as a table."""
    require(request, Action.VIEW_MONEY)
    months = selectors.months(accounts=accounts(), firsts=recent_months(MONTHS_SHOWN)[::-1])
    if request.GET.get("format") == "csv":
        told = (
            [month.first, row.account.key, row.line_class, row.expected, row.charged, row.currency, row.why]
            for month in months for row in month.sums
        )  # fmt: skip
        return csv_response("Monthly fees", MONTHLY_NAMES, told)
    return page(request, "finance/fees_monthly.html", "Monthly fees", {"months": months})


def stored(request: HttpRequest) -> HttpResponseBase:
    """The dearest products in the pools over one month (`month`, such as 2026-09), as CSV all; `account` narrows it."""
    require(request, Action.VIEW_MONEY)
    first = _month(request.GET.get("month", ""))
    known, key = list(accounts()), request.GET.get("account", "")
    asked = [account for account in known if key in ("", account.key)]
    (month,) = selectors.months(accounts=asked, firsts=[first])
    if request.GET.get("format") == "csv":
        told = (
            [first, row.account.key, row.sku, row.place, row.units, row.expected, row.charged, row.currency, row.why]
            for row in month.stored
        )
        return csv_response("Storage", STORED_NAMES, told)
    dearest = sorted(month.stored, key=lambda row: row.expected or Decimal(0))
    context = {
        "accounts": known,
        "key": key,
        "month": month,
        "rows": dearest[:SHOWN],
        "products": len(dearest),
    }
    return page(request, "finance/fees_stored.html", "Storage", context)


def _month(given: str) -> date:
    """The month asked for; without one that can be read, the last that is over."""
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError:
        return former_month(month_of(clock.now().date()))
