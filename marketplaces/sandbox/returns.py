"""What comes back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from marketplaces.sandbox.facts import WorldReturn
from marketplaces.sandbox.orders import OrderStory


def returns(stories: Iterable[OrderStory], *, since: datetime, until: datetime, at: datetime) -> list[WorldReturn]:
    """Returns whose latest change (sent back, then handled) as known at `at` lies in the span, oldest first."""
    found = [item for story in stories for item in _of(story, at) if item]
    inside = [item for changed, item in found if since <= changed < until]
    return sorted(inside, key=lambda item: (item.returned_at, item.serial))


def _of(story: OrderStory, at: datetime) -> Iterable[tuple[datetime, WorldReturn]]:
    for line in story.lines:
        back = line.comeback
        if back and back.at <= at:
            is_handled = back.handled_at <= at
            yield (
                (back.handled_at if is_handled else back.at),
                WorldReturn(
                    serial=line.serial,
                    order_serial=story.serial,
                    line_serial=line.serial,
                    store=story.store,
                    product=line.product,
                    quantity=back.quantity,
                    reason=back.reason,
                    fulfilment=story.fulfilment,
                    returned_at=back.at,
                    is_handled=is_handled,
                    is_sellable=back.is_sellable,
                ),
            )
