"""Channel incident recovery (F-21): from the first bad measure until everything is live again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from tickets.health.base import Reading, Span, metric
from tickets.models import Effect, Incident, IncidentState

WINDOW = timedelta(days=30)
CHANNEL = (Effect.OVERSOLD, Effect.BLIND, Effect.WRONG, Effect.SLOW)
"""Effects that end when the channel works again; windows of days and books take their own time."""
Outage = tuple[datetime, datetime | None]
"""When it was detected, and when it was over."""


def longest(outages: Iterable[Outage], until: datetime) -> int | None:
    """Seconds of the longest outage that was felt within 30 days before `until`; one that lasts is as long as it is."""
    felt = [
        min(over or until, until) - since
        for since, over in outages
        if since < until and (over is None or over > until - WINDOW)
    ]
    return int(max(felt).total_seconds()) if felt else None


@metric(
    "recovery", label="Incident recovery", effect=None, unit="seconds",
    what="the longest time from detection until a channel worked again, over 30 days",
    silence="no incident of the channel within 30 days",
)  # fmt: skip
def recovery(span: Span) -> Iterator[Reading]:
    outages: dict[int, list[Outage]] = defaultdict(list)
    found = Incident.objects.filter(effect__in=CHANNEL).exclude(state=IncidentState.WATCHING)
    for account_id, since, over, state in found.values_list("account", "detected_at", "recovered_at", "state"):
        outages[account_id].append((since, over if state == IncidentState.CLOSED else None))
    for seller, day in span.pairs():
        seconds = longest(outages[seller.id], span.end(day))
        if seconds is not None:
            yield Reading(
                account_id=seller.id, day=day, value=Decimal(seconds), samples=len(outages[seller.id]),
                facts={"incidents": len(outages[seller.id])},
            )  # fmt: skip
