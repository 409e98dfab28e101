"""Late dispatch, cancellation and its price (F-13): daily counts per account, summed over the marketplace's windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from inventory import service_levels
from tickets.health.base import Reading, Seller, Span, metric
from tickets.health.windows import Counts, Rule, Share, first_day, penalty, within
from tickets.models import Effect

LONGEST = timedelta(days=60)
PerAccount = Mapping[int, Counts]


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
    yield from _worst(span, "late_dispatch", {"orders": orders, "items": items})


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
    for reading in _worst(span, "cancellation", {"orders": counts, "items": counts}):
        rule = reading.rule
        if rule is None or not rule.tiers or reading.value is None:
            yield reading
            continue
        owed = month_penalty(value[reading.account_id], reading.value, rule, reading.day)
        facts = {**reading.facts, "penalty": {name: f"{amount:.2f}" for name, amount in owed.items()}}
        yield Reading(**{**_fields(reading), "facts": facts})


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


def _worst(span: Span, key: str, counts: Mapping[str, PerAccount]) -> Iterator[Reading]:
    """Of a marketplace's several windows, the one that has used most of its limit."""
    for seller, day in span.pairs():
        rules = span.rules_of(seller, key)
        found = [within(rule, counts[rule.counts].get(seller.id, {}), day) for rule in rules]
        known = [share for share in found if share.cases]
        if known:
            yield reading_of(seller, day, max(known, key=lambda share: share.used(share.rule.limit)), known)


def reading_of(seller: Seller, day: date, share: Share, shown: Sequence[Share]) -> Reading:
    limit = share.rule.limit
    return Reading(
        account_id=seller.id, day=day, value=share.ratio, numerator=share.failures, denominator=share.cases,
        samples=share.cases, rule=share.rule, used=share.used(limit), left=share.left(limit),
        facts={"windows": [_told(each) for each in shown], "counts": share.counts,
               "is_suspension": share.rule.is_suspension},
    )  # fmt: skip


def _told(share: Share) -> dict[str, Any]:
    rule = share.rule
    length = rule.window if rule.window != "rolling" else f"{rule.window_days} days"
    return {
        "window": length, "failures": share.failures, "cases": share.cases, "of": rule.counts,
        "limit": f"{rule.limit.normalize():f}", "least": rule.least_failures,
    }  # fmt: skip


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in Reading.__slots__}
