"""Exchange rates: every fact with its source and age, one currency over time, and what could not be converted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.core import clock, tenancy
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, require
from finance.filters.rates import RateFilter
from finance.fx.models import Rate
from finance.selectors import rates as selectors

CHART_DAYS = 365


def _rows(request: HttpRequest) -> QuerySet[Rate]:
    return selectors.rates()


def plain(rate: Decimal) -> str:
    """As many decimals as it has, at least four."""
    whole, _, part = f"{rate:f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<4}"


def _holds(row: Any) -> str:
    return "corrected since" if row.is_superseded else "holds"


def _age(row: Rate) -> str:
    days = (clock.now().date() - row.day).days
    return "today" if days == 0 else f"{days} day{'s' if days != 1 else ''}"


RATES = Listing(
    title="Exchange rates",
    subtitle="What one euro bought, by the reference rates of the European Central Bank, once for everybody. A day without "
    "a rate takes the last one before it, up to seven days; without any, a figure is not known and says so.",
    queryset=_rows,
    filterset=RateFilter,
    columns=(
        Column("Day", "day", "moment", sort="day"),
        Column("Currency", "currency", sort="currency"),
        Column("One EUR is", lambda row: plain(row.per_eur), "number"),
        Column("One is in EUR", lambda row: f"{1 / row.per_eur:.6f}", "number", is_wide_only=True),
        Column("Source", "source"),
        Column("Age", _age),
        Column("Known since", "known_at", "moment", is_wide_only=True),
        Column("State", _holds, "badge"),
    ),
    order_by=("-day", "currency", "-known_at"),
    permission=Action.VIEW_MONEY,
    empty="No rate fits these filters.",
    template="finance/rates.html",
)


def rates(request: HttpRequest) -> HttpResponseBase:
    require(request, Action.VIEW_MONEY)
    to = str(tenancy.connection.tenant.reporting_currency)
    latest, behind = selectors.age()
    currency = request.GET.get("currency", "")
    context = {
        "to": to, "latest": latest, "behind": behind, "missing": selectors.missing(to=to), "pegs": selectors.pegs(),
        "currency": currency, "points": _points(currency), "until": clock.now(), "days": CHART_DAYS,
    }  # fmt: skip
    return listing(request, RATES, context)


def _points(currency: str) -> list[tuple[datetime, Decimal]]:
    """A year of one currency, or nothing where none is chosen."""
    until: date = clock.now().date()
    found = (
        selectors.holding(currency=currency, since=until - timedelta(days=CHART_DAYS), until=until) if currency else []
    )
    return [(datetime.combine(day, time(), UTC), per_eur) for day, per_eur in found]
