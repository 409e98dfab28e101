"""Sync delay (F-18): from the cause of a change until it is seen live. What is not live yet is as old as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

from marketplaces import selectors
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

WINDOW = timedelta(days=1)
STILL_OPEN = timedelta(days=7)
SLO = Decimal(60)
KINDS = frozenset({"set_stock"})


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was wanted at `cause_at` and seen live at `live_at`; None: not yet."""

    cause_at: datetime
    live_at: datetime | None

    def is_seen(self, since: datetime, until: datetime) -> bool:
        """It was caused within the span, or caused before and still not live when the span began."""
        if self.cause_at >= until:
            return False
        return self.cause_at >= since or (self.live_at is None or self.live_at >= since)

    def delay(self, until: datetime) -> Decimal:
        """Seconds until it was live, or until `until` while it is not."""
        end = until if self.live_at is None else min(self.live_at, until)
        return Decimal(int((end - self.cause_at).total_seconds()))


def percentile(delays: Sequence[Decimal], share: Decimal) -> Decimal | None:
    """The smallest delay that at least this share of all changes did not exceed; None without a change."""
    ordered = sorted(delays)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)] if ordered else None


def _measured(span: Span, share: Decimal) -> Iterator[Reading]:
    changes = _changes(span)
    for seller, day in span.pairs():
        end = span.end(day)
        seen = [each for each in changes[seller.id] if each.is_seen(end - WINDOW, end)]
        delays = [each.delay(end) for each in seen]
        if delays:
            yield Reading(
                account_id=seller.id, day=day, value=percentile(delays, share), numerator=sum(d <= SLO for d in delays),
                denominator=len(delays), samples=len(delays), facts={"open": _open(seen, end), "slo_s": f"{SLO}"},
            )  # fmt: skip


def _open(seen: Iterable[Change], end: datetime) -> int:
    return sum(each.live_at is None or each.live_at > end for each in seen)


def _changes(span: Span) -> dict[int, list[Change]]:
    found: dict[int, list[Change]] = defaultdict(list)
    for account_id, kind, _, cause_at, live_at in selectors.write_delays(since=span.end(span.first) - STILL_OPEN):
        if kind in KINDS:
            found[account_id].append(Change(cause_at, live_at))
    return found


_WHAT = "from the cause of a change of quantity until it is seen live; what is not live yet counts as it ages"
_SILENCE = "no quantity was written within the day"


@metric("delay_p50", label="Sync delay, half", effect=Effect.SLOW, unit="seconds", what=_WHAT, silence=_SILENCE)
def half(span: Span) -> Iterator[Reading]:
    return _measured(span, Decimal("0.50"))


@metric("delay_p95", label="Sync delay, 95%", effect=Effect.SLOW, unit="seconds", what=_WHAT, silence=_SILENCE)
def most(span: Span) -> Iterator[Reading]:
    return _measured(span, Decimal("0.95"))


@metric("delay_p99", label="Sync delay, 99%", effect=Effect.SLOW, unit="seconds", what=_WHAT, silence=_SILENCE)
def nearly_all(span: Span) -> Iterator[Reading]:
    return _measured(span, Decimal("0.99"))
