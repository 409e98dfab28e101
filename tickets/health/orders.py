"""Order performance (F-13): late dispatch, cancellation and its price, tracking, defects; as the marketplace counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from finance.selectors import defects
from inventory import service_levels
from tickets.health import limited
from tickets.health.base import Reading, Span, metric
from tickets.health.windows import Rule, first_day, penalty
from tickets.models import Effect

LONGEST = timedelta(days=60)
FIRST_SCAN = timedelta(hours=24)


@metric(
    "late_dispatch", label="Late dispatch", effect=Effect.LATE, unit="share", hits="numerator",
    what="orders that left after their ship-by, or not at all, among those due",
    silence="no order of ours was due within the window",
)  # fmt: skip
def late_dispatch(span: Span) -> Iterator[Reading]:
    orders: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    items: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    until = min(span.last + timedelta(days=1), span.now.date())
    for row in service_levels.dispatch_days(since=span.first - LONGEST, until=until):
        orders[row.account_id][row.day] = (row.late_orders, row.orders)
        items[row.account_id][row.day] = (row.late_items, row.items)
    yield from limited.readings(span, "late_dispatch", {"orders": orders, "items": items})


@metric(
    "cancellation", label="Cancellation", effect=Effect.LATE, unit="share", hits="numerator",
    what="orders of which we cancelled units that the buyer had not given up, among those placed",
    silence="no order was placed within the window",
)  # fmt: skip
def cancellation(span: Span) -> Iterator[Reading]:
    """By the marketplace's window; in a calendar month with what it will cost (`penalty` per currency)."""
    days = service_levels.cancel_days(since=span.first - LONGEST, until=span.last)
    counts: dict[int, dict[date, tuple[int, int]]] = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    value: dict[int, dict[tuple[date, str], Decimal]] = defaultdict(dict)
    for row in days:
        bad, cases = counts[row.account_id][row.day]
        counts[row.account_id][row.day] = (bad + row.cancelled, cases + row.orders)
        value[row.account_id][row.day, row.currency] = row.value
    for reading in limited.readings(span, "cancellation", {"orders": counts, "items": counts}):
        rule = reading.rule
        if rule is None or not rule.tiers or reading.value is None:
            yield reading
            continue
        owed = month_penalty(value[reading.account_id], reading.value, rule, reading.day)
        facts = {**reading.facts, "penalty": {name: f"{amount:.2f}" for name, amount in owed.items()}}
        yield Reading(**{**_fields(reading), "facts": facts})


@metric(
    "valid_tracking", label="Valid tracking", effect=Effect.LATE, unit="share", is_high_bad=False,
    what="parcels that a carrier scanned, among those whose label is older than a day",
    silence="no label was bought within the window; numbers of other systems are not followed",
)  # fmt: skip
def valid_tracking(span: Span) -> Iterator[Reading]:
    counts: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    for row in service_levels.scan_days(since=span.first - LONGEST, until=span.now - FIRST_SCAN):
        counts[row.account_id][row.day] = (row.parcels - row.scanned, row.parcels)
    yield from limited.readings(span, "valid_tracking", {"orders": counts, "items": counts}, is_floor=True)


@metric(
    "order_defect", label="Order defects", effect=Effect.LATE, unit="share", hits="numerator",
    what="orders with a claim or a chargeback on a statement, among those placed; feedback is not told by any source",
    silence="no statement speaks of this account's orders, so that claims are unknown",
)  # fmt: skip
def order_defect(span: Span) -> Iterator[Reading]:
    counts: dict[int, dict[date, tuple[int, int]]] = defaultdict(dict)
    for row in defects.defect_days(since=span.first - LONGEST, until=span.last):
        counts[row.account_id][row.day] = (row.defects, row.orders)
    yield from limited.readings(span, "order_defect", {"orders": counts, "items": counts})


def month_penalty(
    value: Mapping[tuple[date, str], Decimal], ratio: Decimal, rule: Rule, day: date
) -> dict[str, Decimal]:
    """Per currency, what the cancelled value of the rule's window costs at this ratio; empty when it costs nothing."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for (placed, currency), amount in value.items():
        if first_day(rule, day) <= placed <= day:
            sums[currency] += amount
    owed = {currency: penalty(ratio, amount, rule.tiers) for currency, amount in sums.items()}
    return {currency: amount for currency, amount in sorted(owed.items()) if amount}


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in Reading.__slots__}
