"""Which span to read next. Pure: spans are half-open pairs of aware times; covered spans are sorted and disjoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplaces.contract import Resource, Window

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Position:
    """How far a flow has come: spans that were read, and the newest record time that was seen in them."""

    covered: Sequence[Span] = ()
    watermark: datetime | None = None

    @property
    def read_until(self) -> datetime | None:
        return self.covered[-1][1] if self.covered else None


def horizon(resource: Resource, now: datetime) -> datetime:
    """The last moment that the marketplace shows completely."""
    return now - resource.lag


def oldest(resource: Resource, now: datetime, history_from: datetime | None) -> datetime:
    """Where reading begins: as far back as the marketplace keeps, or from the account's own beginning."""
    kept = now - resource.history
    return max(kept, history_from) if history_from else kept


def upcoming(
    resource: Resource, position: Position, *, now: datetime, history_from: datetime | None = None
) -> list[Window]:
    """Windows from where the flow stands up to the horizon, oldest first, none longer than the resource allows.

    The first one begins an overlap before the newest record seen, because a record may become visible after its time;
    in a quiet flow it looks back one window at most.
    """
    if resource.is_snapshot:
        return [Window(position.read_until or now - resource.every, now)]
    start, end = oldest(resource, now, history_from), horizon(resource, now)
    if position.read_until:
        seen = min(position.watermark or position.read_until, position.read_until)
        start = max(start, max(seen, position.read_until - resource.window) - resource.overlap)
    return [Window(*span) for span in pieces(start, end, resource.window)]


def pieces(start: datetime, end: datetime, longest: timedelta) -> Iterator[Span]:
    """Cut a span into consecutive ones of at most `longest`; nothing when it is empty."""
    while start < end:
        until = min(start + longest, end)
        yield start, until
        start = until
