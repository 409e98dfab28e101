"""What each order line should be charged, by whom that is said, and the marketplaces' quotes."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse

from config.core.money import Money
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing
from finance.fee_words import REASONS
from finance.filters import fees as filters
from finance.models import ExpectedFee
from finance.selectors import fees as selectors
from finance.views.fee_forms import words


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
        Column("Fee", lambda row: words(row.line_class), sort="line_class"),
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
        Column("Parts", lambda row: ", ".join(f"{words(p['line_class'])} {p['amount']}" for p in row.parts), is_wide_only=True),
        Column("Quoted", "quoted_at", "since", sort="quoted_at"),
    ),
    order_by=("account", "remote_id", "channel", "pk"),
    permission=Action.VIEW_MONEY,
    empty="No marketplace has quoted a fee yet.",
    template="finance/fee_list.html",
)  # fmt: skip


def quotes(request: HttpRequest) -> HttpResponseBase:
    return listing(request, QUOTES)
