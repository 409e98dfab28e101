"""Parity drift (F-17): offers that show something else than we mean, by the last full comparison of the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import sqrt
from typing import Any

from catalog.selectors import comparisons
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

_EXACT = Decimal("0.000001")
Z = 1.96
"""95% of samples hold the true share within the interval."""


def interval(failures: int, cases: int) -> tuple[Decimal, Decimal] | None:
    """Between which shares the true one lies with 95% confidence (Wilson); None without a case."""
    if not cases:
        return None
    share, spread = failures / cases, Z * Z / cases
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / cases + spread / (4 * cases)) / (1 + spread)
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return Decimal(str(low)).quantize(_EXACT), Decimal(str(high)).quantize(_EXACT)


def revenue_share(revenue: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """By currency, the part of 30 days' revenue that offers earned which have drifted."""
    sums = {currency: (Decimal(each["drifted"]), Decimal(each["all"])) for currency, each in revenue.items()}
    return {currency: f"{(drifted / every):.4f}" for currency, (drifted, every) in sorted(sums.items()) if every}


@metric(
    "parity", label="Parity drift", effect=Effect.WRONG, unit="share", hits="numerator",
    what="prices and quantities that differ from what we mean after the allowed delay, among those compared",
    silence="nothing that we want to show was compared within the day",
)  # fmt: skip
def parity(span: Span) -> Iterator[Reading]:
    sellers = {seller.id for seller in span.sellers}
    for run, day in comparisons(ends={day: span.end(day) for day in span.days}):
        cases = run.compared - run.unread
        if run.account_id in sellers and cases:
            yield Reading(
                account_id=run.account_id, day=day, value=(Decimal(run.drifted) / cases).quantize(_EXACT),
                numerator=run.drifted, denominator=cases, samples=cases, facts=_facts(run, cases),
            )  # fmt: skip


def _facts(run: Any, cases: int) -> dict[str, Any]:
    between = interval(run.drifted, cases)
    return {
        "price": run.price_drifted, "quantity": run.quantity_drifted, "oversellable": run.oversellable,
        "unread": run.unread, "run": run.pk, "between": [f"{each:f}" for each in between or ()],
        "revenue": revenue_share(run.revenue),
    }  # fmt: skip
