"""What is pushed: every happening of an order, a little later, sometimes twice, sometimes in the wrong order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from marketplaces.canonical import ChangeKind
from marketplaces.sandbox.facts import WorldEvent
from marketplaces.sandbox.orders import OrderStory
from marketplaces.sandbox.stage import Stage

DUPLICATED = 0.03
DELAYED = 0.03
SENT_WITHIN_DAYS = 37


def events(stage: Stage, stories: Iterable[OrderStory]) -> list[WorldEvent]:
    """Everything that is ever pushed about these orders, by sending time."""
    sent = (event for story in stories for event in _of(stage, story))
    return sorted(sent, key=_by_sending)


def between(days: Iterable[list[WorldEvent]], *, since: datetime, until: datetime) -> list[WorldEvent]:
    """Of days' events, each sorted, those sent in the span, by sending time."""
    found = [
        event
        for day in days
        for event in day[bisect_left(day, since, key=_sent_at) : bisect_left(day, until, key=_sent_at)]
    ]
    return sorted(found, key=_by_sending)


def _sent_at(event: WorldEvent) -> datetime:
    return event.sent_at


def _by_sending(event: WorldEvent) -> tuple[datetime, int]:
    return event.sent_at, event.serial


def _of(stage: Stage, story: OrderStory) -> Iterator[WorldEvent]:
    for place, (kind, at) in enumerate(_happenings(story)):
        serial = story.serial * 100 + place
        fate = stage.share("event", serial)
        delay = timedelta(seconds=stage.pick(2, 60, "delay", serial))
        if fate < DELAYED:
            delay += timedelta(hours=stage.pick(1, 6, "late", serial))
        yield WorldEvent(serial, story.serial, kind, at, at + delay)
        if fate > 1 - DUPLICATED:
            again = delay + timedelta(minutes=stage.pick(1, 90, "again", serial))
            yield WorldEvent(serial, story.serial, kind, at, at + again)


def _happenings(story: OrderStory) -> Iterator[tuple[ChangeKind, datetime]]:
    yield ChangeKind.CREATED, story.placed_at
    yield ChangeKind.CHANGED, story.ready_at
    for at in sorted({line.cancelled_at for line in story.lines if line.cancelled_at}):
        yield ChangeKind.CANCELLED, at
    for at in sorted({line.shipped_at for line in story.lines if line.shipped_at}):
        yield ChangeKind.SHIPPED, at
    if story.delivered_at:
        yield ChangeKind.DELIVERED, story.delivered_at
    for at in sorted({line.comeback.at for line in story.lines if line.comeback}):
        yield ChangeKind.RETURNED, at
