"""Jobs as data: what runs, how often, for whom; and the one door through which code asks for work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from config.core.registry import Registry

QUEUES = ("pull_fast", "pull_slow", "push", "detect", "math", "default")


class Scope(StrEnum):
    PUBLIC = "public"
    TENANT = "tenant"
    ACCOUNT = "account"


class Peak(StrEnum):
    """What may happen to a job when everything else has to wait for orders: nothing, less often, hardly at all."""

    NEVER = "never"
    LESS = "less"
    LEAST = "least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the job catalogue. `call` is the dotted path of a service; `every` None means only on demand.

    `expires` drops a firing that waited too long; `limit` is the time a run may take; `why` is for the operator.
    `peak` says how far it may be slowed when a client asks for that.
    `per_transaction` gives each transaction that asks a run of its own: one that waits already may begin before it commits.
    """

    key: str
    call: str
    why: str
    every: timedelta | None = None
    scope: Scope = Scope.TENANT
    queue: str = "default"
    limit: timedelta = timedelta(minutes=4)
    expires: timedelta | None = None
    max_attempts: int = 5
    per_transaction: bool = False
    peak: Peak = Peak.NEVER
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    selects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Who a firing is for: one account, or the client as a whole (None)."""

    account_id: int | None
    kwargs: Mapping[str, Any] = field(default_factory=dict)


JOBS: Registry[Job] = Registry("job")
SCOPES: Registry[Callable[[Job], Iterable[Target]]] = Registry("job scope")


def declare(jobs: Iterable[Job]) -> None:
    """Register jobs at start; an unknown queue or a second row of one key stops the start."""
    for job in jobs:
        if job.queue not in QUEUES:
            raise ValueError(f"job {job.key!r} names the queue {job.queue!r}; known: {', '.join(QUEUES)}")
        JOBS.add(job.key, job)
