"""Orders that the seller ships too late, or never; like a seller who forgets, not like a marketplace that errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from marketplaces.canonical import Fulfilment
from marketplaces.sandbox.orders import OrderStory
from marketplaces.sandbox.stage import DAY, HISTORY_DAYS, Stage

LATE_DAYS = range(85, 88)
LATE_AGAIN_EVERY = 3
LATE_BY = timedelta(hours=30)


def belated(stage: Stage, day: int, told: Sequence[OrderStory]) -> list[OrderStory]:
    """The day's orders; on chosen days the seller forgets the first one that he should ship himself.

    Within the history it is never shipped; afterwards, every few days, one leaves long after its deadline.
    """
    is_forgotten = day in LATE_DAYS
    if not is_forgotten and (day <= HISTORY_DAYS or day % LATE_AGAIN_EVERY):
        return list(told)
    first = next((story for story in told if story.fulfilment == Fulfilment.MERCHANT and story.is_plain), None)
    bend = never_shipped if is_forgotten else shipped_late
    return [bend(story) if story is first else story for story in told]


def shipped_late(story: OrderStory) -> OrderStory:
    """The same order, whole, leaving after its deadline."""
    at = story.ship_by + LATE_BY
    kept = never_shipped(story)
    lines = tuple(replace(line, shipped_at=at) for line in kept.lines)
    return replace(kept, lines=lines, delivered_at=at + DAY * 2)


def never_shipped(story: OrderStory) -> OrderStory:
    """The same order, forgotten by the seller: nothing is cancelled, nothing leaves."""
    lines = tuple(replace(line, cancelled=0, cancelled_at=None, shipped_at=None, comeback=None) for line in story.lines)
    return replace(story, lines=lines, delivered_at=None, is_late=True)
