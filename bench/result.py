"""One measured line of the benchmark."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Seconds of ours, of the limit, and of what one would pick instead; `value` where something else is measured."""

    name: str
    rows: int
    seconds: float
    limit_seconds: float | None = None
    value: float | None = None
    instead: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """The limit's seconds divided by ours: 1.0 is as fast as can be."""
        return round(self.limit_seconds / self.seconds, 3) if self.limit_seconds else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio}


def seconds(action: Callable[[], object], *, before: Callable[[], object] = lambda: None, runs: int = 3) -> float:
    """The median duration of an action; `before` prepares each run and is not counted."""
    taken = []
    for _ in range(runs):
        before()
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return round(median(taken), 3)
