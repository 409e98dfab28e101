"""Which domain function receives which canonical type. Domain apps register their own when Django starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from marketplaces.canonical import CANONICAL_TYPES, Rejected

if TYPE_CHECKING:
    from marketplaces.models import Account


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: the account, the resource, the run and page they were read in, and when."""

    account: Account
    resource: str
    at: datetime
    run_id: int | None = None
    page_id: int | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What a sink did: ids that truly changed, counts, and the rows that it could not take."""

    changed_ids: tuple[int, ...] = ()
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = field(default=())


Sink = Callable[[Sequence[Any], Source], Applied]
_SINKS: dict[str, list[Sink]] = {kind.__name__: [] for kind in CANONICAL_TYPES}


def register(kind: type, sink: Sink) -> None:
    """Add a receiver of one canonical type; registering it twice is harmless."""
    if sink not in _SINKS[kind.__name__]:
        _SINKS[kind.__name__].append(sink)


def receivers(kind: str) -> tuple[Sink, ...]:
    """The domain functions for a canonical type, by its name, in the order of registration."""
    return tuple(_SINKS[kind])
