"""Where pushed events thin out, polling takes over: orders are read more often until events come as they used to."""

from __future__ import annotations

from datetime import timedelta

from config.core import clock, paces
from config.core.models import PaceKind
from tickets.models import Breach, BreachState

DETECTOR = "sync.pushes"
FASTER = {"orders": "0.2", "order_changes": "0.2"}
"""Five times as often as declared."""
LASTS = timedelta(hours=1)


def follow() -> dict[str, int]:
    """Set or prolong the faster pace of every account whose events are found to be lost; it ends by itself after that."""
    lost = Breach.objects.filter(detector=DETECTOR, state=BreachState.OPEN, account__isnull=False)
    until = clock.now() + LASTS
    for breach in lost:
        paces.begin(
            PaceKind.HURRY, account_id=breach.account_id, until=until, reason=breach.title, by=DETECTOR, factors=FASTER
        )
    return {"hurried": len(lost)}
