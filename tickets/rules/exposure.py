"""What is at risk, in the currency in which the client compares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from config.core import clock
from config.core.money import Money
from finance.fx import convert
from finance.fx.convert import Converted


def in_reporting_currency(money: Money | None) -> Decimal | None:
    """The amount in the client's reporting currency at the day's rate; None when unknown or without a rate."""
    found = compared(money)
    return (found.rate * money.amount).quantize(Decimal("0.0001")) if found and money else None


def compared(money: Money | None) -> Converted | None:
    """One unit of the amount's currency in the reporting currency: by which rate, of which day, from which source."""
    if money is None:
        return None
    try:
        return _rate(money.currency, connection.tenant.reporting_currency, clock.now().date())
    except convert.MissingRate:
        return None


@lru_cache(maxsize=256)
def _rate(origin: str, to: str, day: date) -> Converted:
    """A missing rate is asked for again, because it may come."""
    rates = convert.load([origin, to], since=day, until=day)
    return rates.convert(Money(Decimal(1), origin), to, on=day)
