"""Sync delay (F-18): from the cause of a change until it is seen live. What is not live yet is as old as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

from catalog import delays
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

DAY = timedelta(days=1)
SLO_S = 60
FIELD = "quantity"


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was wanted at `cause_at` and seen live at `live_at`; None: not yet."""

    cause_at: datetime
    live_at: datetime | None

    def is_seen(self, until: datetime) -> bool:
        """Caused within the day that ends at `until`, or within a week before and still open when that day began."""
        if not until - delays.LOOK_BACK <= self.cause_at < until:
            return False
        return self.cause_at >= until - DAY or self.live_at is None or self.live_at >= until - DAY

    def delay(self, until: datetime) -> int:
        """Whole seconds until it was live, or until `until` while it is not."""
        end = until if self.live_at is None else min(self.live_at, until)
        return int((end - self.cause_at).total_seconds())


def percentile(delays_s: Sequence[int], share: Decimal) -> int | None:
    """The smallest delay that at least this share of all changes did not exceed; None without a change."""
    ordered = sorted(delays_s)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)] if ordered else None


@metric(
    "sync_delay", label="Sync delay", effect=Effect.SLOW, unit="seconds",
    what="from the cause of a change of quantity until it is seen live, for 95% of changes; what is open counts as it ages",
    silence="no quantity was changed by us within the day",
)  # fmt: skip
def sync_delay(span: Span) -> Iterator[Reading]:
    ends = {day: span.end(day) for day in span.days}
    sellers = {seller.id: seller for seller in span.sellers}
    for row in delays.change_delays(ends=ends, field=FIELD, slo=SLO_S):
        if row.account_id in sellers:
            yield Reading(
                account_id=row.account_id, day=row.day, value=row.p95, numerator=row.within, denominator=row.changes,
                samples=row.changes,
                facts={"p50": f"{row.p50}", "p99": f"{row.p99}", "open": row.open, "within_s": SLO_S},
            )  # fmt: skip
