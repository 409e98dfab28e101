"""Order completeness (F-19): orders that any source spoke of, and how many of them we have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from finance.selectors import witnesses
from marketplaces import selectors
from tickets.health.base import Reading, Span, metric
from tickets.models import Effect

WINDOW = timedelta(days=30)
_EXACT = Decimal("0.000001")
Absence = tuple[datetime, datetime | None]
"""From when a record was known to be missing, and when it came."""


def share(known: int, missing: int) -> Decimal | None:
    """Known orders among all that were spoken of; None where nobody spoke of any."""
    return (Decimal(known) / (known + missing)).quantize(_EXACT) if known + missing else None


def missing_at(absences: Iterable[Absence], moment: datetime) -> int:
    """How many records were missing at a moment."""
    return sum(since <= moment and (until is None or until > moment) for since, until in absences)


@metric(
    "completeness", label="Order completeness", effect=Effect.BLIND, unit="share", is_high_bad=False, hits="missing",
    what="orders that we have among those that lists, statements, returns and events speak of, over 30 days",
    silence="only the order list spoke of its orders; completeness needs a second source",
)  # fmt: skip
def completeness(span: Span) -> Iterator[Reading]:
    since, until = span.first - WINDOW + timedelta(days=1), span.last + timedelta(days=1)
    heard = defaultdict(list)
    for row in witnesses.days(since=since, until=until):
        heard[row.account_id].append(row)
    gone = defaultdict(list)
    for account_id, found_at, filled_at in selectors.absences(resource="orders"):
        gone[account_id].append((found_at, filled_at))
    kinds = witnesses.kinds(since=span.last - WINDOW + timedelta(days=1), until=until)
    for seller, day in span.pairs():
        inside = [row for row in heard[seller.id] if day - WINDOW < row.day <= day]
        known, told = sum(row.orders for row in inside), sum(row.witnessed for row in inside)
        missing = missing_at(gone[seller.id], span.end(day))
        if told or missing:
            yield Reading(
                account_id=seller.id, day=day, value=share(known, missing), numerator=known,
                denominator=known + missing, samples=known + missing,
                facts={"missing": missing, "witnessed": told} | ({"kinds": shown(kinds, seller.id)} if day == span.last else {}),
            )  # fmt: skip


def shown(kinds: Mapping[int, Mapping[str, tuple[int, int]]], account_id: int) -> dict[str, str]:
    """Per kind of event, what we show of what others told: `paid: 12 of 13`."""
    return {kind: f"{known} of {told}" for kind, (told, known) in kinds.get(account_id, {}).items()}
