"""A month's margins as they were known at a moment, beside what is known now."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from config.core import clock
from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import page, require
from finance.closing import month_of
from finance.models import AccountMonth
from finance.selectors import known_then as selectors
from marketplaces.models import Account
from marketplaces.selectors import accounts

SHOWN = 200
NAMES = (
    "sku", "currency", "lines", "pieces", "cost then from", "cost then to", "cost then currency", "cost now from",
    "cost now to", "cost now currency", "goods then", "goods now",
)  # fmt: skip


def known_then(request: HttpRequest) -> HttpResponseBase:
    """`account`, `month` (its first day) and `known_at` (UTC); without a moment the one at which the month was locked."""
    require(request, Action.VIEW_MONEY)
    known = list(accounts())
    key = request.GET.get("account", "")
    chosen = get_object_or_404(accounts(), key=key) if key else next(iter(known), None)
    month = month_of(_day(request.GET.get("month", "")) or clock.now().date())
    moment = _moment(request.GET.get("known_at", "")) or _locked_at(chosen, month) or clock.now()
    account = chosen.pk if chosen else 0
    skus = selectors.changed(account=account, month=month, known_at=moment)
    if request.GET.get("format") == "csv":
        rows = [[getattr(row, name) for name in row.__slots__] for row in skus]
        return csv_response("Known then", NAMES, rows)
    context = {
        "accounts": known, "chosen": chosen, "month": month, "moment": moment, "skus": skus[:SHOWN],
        "sums": selectors.sums(account=account, month=month, known_at=moment),
    }  # fmt: skip
    return page(request, "finance/known_then.html", "As known then", context)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _locked_at(account: Account | None, month: date) -> datetime | None:
    mine = AccountMonth.objects.filter(account=account, month=month)
    return mine.values_list("locked_at", flat=True).first()
