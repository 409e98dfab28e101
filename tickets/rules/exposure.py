"""What is at risk, in the currency in which the client compares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from config.core import clock
from config.core.money import Money
from finance.fx import convert


def in_reporting_currency(money: Money | None) -> Decimal | None:
    """The amount in the client's reporting currency at the day's rate; None when unknown or without a rate."""
    if money is None:
        return None
    try:
        rate = _rate(money.currency, connection.tenant.reporting_currency, clock.now().date())
    except convert.MissingRate:
        return None
    return (money.amount * rate).quantize(Decimal("0.0001"))


@lru_cache(maxsize=256)
def _rate(origin: str, to: str, day: date) -> Decimal:
    """Units of `to` for one of `origin`; a missing rate is asked for again, because it may come."""
    if origin == to:
        return Decimal(1)
    rates = convert.load([origin, to], since=day, until=day)
    return rates.convert(Money(Decimal(1), origin), to, on=day).rate
