"""Reconciliation variance (F-20): how far settled money is from what it should be, over 90 days of orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from finance.selectors import variance as money
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

WINDOW = timedelta(days=90)
_EXACT = Decimal("0.000001")


def ratio(size: Decimal, expected: Decimal) -> Decimal | None:
    """Differences over what was expected, both positive; None where nothing is settled."""
    return (size / expected).quantize(_EXACT) if expected else None


@metric(
    "variance", label="Reconciliation variance", effect=Effect.MONEY, unit="share",
    what="differences between expected and settled money of settled order lines, over 90 days of orders",
    silence="nothing is settled of the orders of 90 days",
)  # fmt: skip
def variance(span: Span) -> Iterator[Reading]:
    """Currencies are never added: the one with the largest share counts, the others stand in the facts."""
    since = span.first - WINDOW + timedelta(days=1)
    days = defaultdict(list)
    for row in money.variance_days(since=since, until=span.last):
        days[row.account_id].append(row)
    for seller, day in span.pairs():
        sums = list(_per_currency(row for row in days[seller.id] if day - WINDOW < row.day <= day))
        known = [each for each in sums if each["share"] is not None]
        if known:
            worst = max(known, key=lambda each: each["share"])
            yield Reading(
                account_id=seller.id, day=day, value=worst["share"], numerator=worst["size"],
                denominator=worst["expected"], samples=worst["lines"],
                facts={"currency": worst["currency"], "outside": worst["outside"], "signed": f"{worst['signed']:.2f}",
                       "currencies": {each["currency"]: f"{each['share']:f}" for each in known}},
            )  # fmt: skip


def _per_currency(rows: Iterable[money.VarianceDay]) -> Iterator[dict[str, Any]]:
    sums: dict[str, list[Any]] = defaultdict(lambda: [Decimal(0), Decimal(0), Decimal(0), 0, 0])
    for row in rows:
        added = (row.size, row.signed, row.expected, row.outside, row.lines)
        sums[row.currency] = [a + b for a, b in zip(sums[row.currency], added, strict=True)]
    for currency, (size, signed, expected, outside, lines) in sorted(sums.items()):
        yield {
            "currency": currency, "size": size, "signed": signed, "expected": expected, "outside": outside,
            "lines": lines, "share": ratio(size, expected),
        }  # fmt: skip
