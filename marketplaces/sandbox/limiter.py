"""The simulated marketplaces' own token buckets, in simulated time."""

from __future__ import annotations

import threading
from datetime import datetime

from marketplaces.contract import Limit


class Buckets:
    """One bucket per key; full at first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, ...], tuple[float, datetime]] = {}

    def take(self, key: tuple[str, ...], limit: Limit, at: datetime) -> float:
        """Take one token; zero when there was one, else the seconds until there is."""
        with self._lock:
            level, since = self._levels.get(key, (float(limit.burst), at))
            rate = float(limit.rate)
            level = min(float(limit.burst), level + max(0.0, (at - since).total_seconds()) * rate)
            if level < 1:
                self._levels[key] = (level, at)
                return (1 - level) / rate
            self._levels[key] = (level - 1, at)
            return 0.0
