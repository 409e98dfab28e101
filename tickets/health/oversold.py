"""Oversold orders: those that ask for goods which are not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from inventory import service_levels
from inventory.selectors import feeds
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

WINDOW = timedelta(days=7)


def within_week(days: Mapping[date, int], day: date) -> int:
    """Orders of the seven days that end with a day."""
    return sum(count for each, count in days.items() if day - WINDOW < each <= day)


@metric(
    "oversold", label="Oversold orders", effect=Effect.OVERSOLD, unit="count", hits="numerator",
    what="orders of the last seven days for which our own stock has no goods",
    silence="no warehouse of ours serves it",
)  # fmt: skip
def oversold(span: Span) -> Iterator[Reading]:
    short: dict[int, dict[date, int]] = defaultdict(dict)
    since, until = span.first - WINDOW, span.last + timedelta(days=1)
    for account_id, day, orders in service_levels.short_days(since=since, until=until):
        short[account_id][day] = orders
    served = set(feeds().order_by().values_list("account", flat=True))
    for seller, day in span.pairs():
        if seller.id in served:
            found = within_week(short[seller.id], day)
            yield Reading(account_id=seller.id, day=day, value=Decimal(found), numerator=found, samples=1)
