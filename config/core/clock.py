"""One clock for the whole product: real time, or the simulated time of the demo, or a moment frozen by a test.

The simulated clock is a small file (`CLOCK_FILE`): a simulated moment, the real moment it was set at, and a speed.
Leases and heartbeats use real time (`time.time`), because processes die in real time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Simulated time `simulated` was true at real second `real`; it runs `speed` times as fast as real time."""

    simulated: datetime
    real: float
    speed: float

    def at(self, real: float) -> datetime:
        return self.simulated + timedelta(seconds=(real - self.real) * self.speed)


class SimulatedClock:
    """Reads the anchor file again only when it changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = -1
        self._anchor: Anchor | None = None

    def anchor(self) -> Anchor | None:
        try:
            stamp = os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return None
        if stamp != self._stamp:
            raw = json.loads(self.path.read_text())
            self._anchor = Anchor(datetime.fromisoformat(raw["simulated"]), raw["real"], raw["speed"])
            self._stamp = stamp
        return self._anchor

    def set(self, simulated: datetime, *, speed: float) -> None:
        """Move the clock; the file is replaced in one step so that no reader sees half of it."""
        body = json.dumps({"simulated": simulated.isoformat(), "real": time.time(), "speed": speed})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(f".{os.getpid()}")
        draft.write_text(body)
        draft.replace(self.path)


_simulated: dict[str, SimulatedClock] = {}


def simulated() -> SimulatedClock | None:
    """The demo's clock, or None where the product runs on real time."""
    path = getattr(settings, "CLOCK_FILE", None)
    if not path or not getattr(settings, "SIMULATED", False):
        return None
    return _simulated.setdefault(str(path), SimulatedClock(Path(path)))


def now() -> datetime:
    """The present moment, UTC and aware."""
    frozen = _frozen.get()
    if frozen is not None:
        return frozen
    clock = simulated()
    anchor = clock.anchor() if clock else None
    return anchor.at(time.time()) if anchor else datetime.now(UTC)


def real_now() -> datetime:
    """The present moment outside the product, which processes and their schedule live in; UTC and aware."""
    return datetime.now(UTC)


def speed() -> float:
    """How many simulated seconds pass in a real one; 1 in production."""
    clock = simulated()
    anchor = clock.anchor() if clock else None
    return anchor.speed if anchor and anchor.speed > 0 else 1.0


@contextmanager
def frozen(moment: datetime) -> Iterator[datetime]:
    """Hold the clock at a moment within the block."""
    if moment.tzinfo is None:
        raise ValueError("a frozen moment must be aware")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield moment
    finally:
        _frozen.reset(token)


def business_day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment in a marketplace's zone (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of a local day and of the next one, in UTC; 23, 24 or 25 hours apart."""
    tz = ZoneInfo(zone)
    start = datetime(day.year, day.month, day.day, tzinfo=tz)
    after = day + timedelta(days=1)
    return start.astimezone(UTC), datetime(after.year, after.month, after.day, tzinfo=tz).astimezone(UTC)
