"""Where the money of order lines stands, how far it is from what was expected, and what marketplaces hold back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.core.exports import csv_response
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from finance.filters.decisions import OrderLineMoneyFilter
from finance.models import OrderLineMoney
from finance.selectors import reserves as reserve_selectors
from finance.selectors import variance as selectors
from finance.selectors.variance import STABLE, WATCH, Variance
from finance.views.statements import amount
from marketplaces.selectors import accounts


def _cell(name: str) -> Any:
    return lambda row: amount(getattr(row, name), row.currency)


ORDER_MONEY = Listing(
    title="Money of order lines",
    subtitle="What the buyer pays for the units due, what statements paid of it, and how the two differ; each line in its own "
    "currency, plus is money to you. The variance is not known while nothing is settled.",
    queryset=lambda request: OrderLineMoney.objects.select_related("account", "order_line"),
    filterset=OrderLineMoneyFilter,
    columns=(
        Column("Order", "order_line.order_ref"),
        Column("Account", "account.label"),
        Column("Ordered", "ordered_on", "moment", sort="ordered_on"),
        Column("Expected", _cell("expected"), "money"),
        Column("Settled", _cell("settled"), "money"),
        Column("Variance", _cell("variance"), "money", sort="variance"),
        Column("Refunded", _cell("refunded"), "money", is_wide_only=True),
        Column("All in all", _cell("total"), "money", is_wide_only=True),
        Column("State", lambda row: row.get_state_display(), "badge"),
    ),
    order_by=("-ordered_on", "-order_line_id"),
    link=lambda row: reverse("order", args=[row.order_line.order_id]),
    permission=Action.VIEW_MONEY,
    empty="No order line fits. They come with orders, and change with every statement.",
    template="finance/list.html",
)


def order_money(request: HttpRequest) -> HttpResponseBase:
    return listing(request, ORDER_MONEY)


VARIANCE_NAMES = (
    "account", "currency", "expected", "variance", "signed", "share", "band", "lines", "outside", "residual", "oldest open",
)  # fmt: skip


def variance(request: HttpRequest) -> HttpResponseBase:
    """How far settled money is from expected money, per account and currency, over the orders of 90 days."""
    require(request, Action.VIEW_MONEY)
    found = selectors.variances()
    if request.GET.get("format") == "csv":
        return csv_response("Variance", VARIANCE_NAMES, [_plain(row) for row in found])
    rows = [(row, reverse("finance:order_money") + _outside(row)) for row in found]
    context = {"rows": rows, "stable": STABLE * 100, "watch": WATCH * 100}
    return page(request, "finance/variance.html", "Variance", context)


def _plain(row: Variance) -> list[Any]:
    return [
        row.account, row.currency, row.expected, row.size, row.signed, row.share, row.band, row.lines, row.outside,
        row.residual, row.oldest_open_on,
    ]  # fmt: skip


def _outside(row: Variance) -> str:
    """The query of the order lines behind a row: those that differ, or all where none does."""
    return f"?account={row.account}&currency={row.currency}" + (
        "&state=settled_with_variance" if row.outside else ""
    )  # fmt: skip


RESERVE_NAMES = (
    "account", "statement", "currency", "chain", "from", "until", "opening", "released", "held back", "closing", "differs by",
)  # fmt: skip


def reserves(request: HttpRequest) -> HttpResponseBase:
    """What an account's marketplace holds back, rolled forward from statement to statement."""
    require(request, Action.VIEW_MONEY)
    known = list(accounts())
    key = request.GET.get("account", "")
    chosen = get_object_or_404(accounts(), key=key) if key else None
    found = reserve_selectors.roll_forward(account=chosen.pk if chosen else None)
    if request.GET.get("format") == "csv":
        rows = [
            [row.account, row.statement, row.currency, row.chain, row.since, row.until, row.opening, row.released, row.held,
             row.closing, row.differs_by]
            for row in found
        ]  # fmt: skip
        return csv_response("Reserves", RESERVE_NAMES, rows)
    context = {"series": reserve_selectors.series(found), "accounts": known, "chosen": chosen}
    return page(request, "finance/reserves.html", "Reserves", context)
