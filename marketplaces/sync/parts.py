"""Snapshots of many pages, read in parts: what came is landed at once, and the next run goes on from the mark.

Without it a list that takes longer than the marketplace's patience, or than a run may last, would begin anew for ever.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from config.core import clock
from config.core.errors import NinefoldError, Transient
from marketplaces.contract import Flow, Page, Resource, Window
from marketplaces.models import SyncState

LONGEST = timedelta(minutes=2)


@dataclass(slots=True)
class Part:
    """How far the pages of one run went; `mark` is empty where they came to their end or cannot be resumed."""

    mark: str = ""
    _began: float = field(default_factory=time.monotonic)

    def along(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages as they come, up to the first mark after two minutes."""
        for page in pages:
            yield page
            self.mark = page.mark
            if self.mark and time.monotonic() - self._began > LONGEST.total_seconds():
                return
        self.mark = ""


def is_resumable(resource: Resource) -> bool:
    return resource.is_snapshot and resource.flow is Flow.PAGES


def resumed(flow: SyncState, resource: Resource, window: Window) -> Window:
    """The window from the flow's mark on, unless that is so old that its pages tell of another day."""
    is_fresh = flow.marked_at is not None and clock.now() - flow.marked_at <= resource.fresh_for
    return replace(window, mark=flow.mark if is_fresh else "")


def forget(account_id: int, resource: str, error: NinefoldError) -> None:
    """Begin anew after a failure that repeating would not heal: the mark may be what was refused."""
    if not isinstance(error, Transient):
        SyncState.objects.filter(account=account_id, resource=resource).exclude(mark="").update(mark="")
