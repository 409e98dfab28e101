"""What a scan means, and what follows from all scans of a parcel: its state never goes backwards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TrackingState(StrEnum):
    """What a scan means, by severity. The last three are ends: no later news moves a parcel out of them."""

    UNKNOWN = "unknown"
    LABEL_CREATED = "label_created"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    ATTEMPT_FAILED = "attempt_failed"
    EXCEPTION = "exception"
    RETURNING = "returning"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


ENDS = frozenset({TrackingState.DELIVERED, TrackingState.RETURNED, TrackingState.CANCELLED})
UNSCANNED = frozenset({TrackingState.UNKNOWN, TrackingState.LABEL_CREATED, TrackingState.CANCELLED})
COMES_BACK = frozenset({TrackingState.RETURNING, TrackingState.RETURNED})
_SEVERITY = {state: place for place, state in enumerate(TrackingState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingEvent:
    """One piece of news. `code` is the carrier's own, `text` its words."""

    at: datetime
    state: TrackingState
    code: str = ""
    text: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What is known of one number; no events while the carrier does not know it yet, `weight_g` where it weighed the parcel."""

    tracking_number: str
    events: tuple[TrackingEvent, ...] = ()
    ref: str = ""
    weight_g: int | None = None

    @property
    def state(self) -> TrackingState:
        return settled(TrackingState.UNKNOWN, ((event.at, event.state) for event in self.events))


def turns(scans: Iterable[tuple[datetime, TrackingState]]) -> Iterator[tuple[datetime, TrackingState]]:
    """The moments at which a parcel came into another state on its way there; what follows its way back is none."""
    state = TrackingState.UNKNOWN
    for at, told in sorted(scans, key=lambda scan: (scan[0], _SEVERITY[scan[1]])):
        if told in COMES_BACK:
            return
        if told not in (state, TrackingState.UNKNOWN):
            state = told
            yield at, told


def settled(former: TrackingState, scans: Iterable[tuple[datetime, TrackingState]]) -> TrackingState:
    """The state after all scans that were ever told: the latest by time, of one moment the most severe.

    An end stays an end, whatever is told late; what says nothing changes nothing; on the way back, delivered is returned.
    """
    if former in ENDS:
        return former
    state = former
    for _, told in sorted(scans, key=lambda scan: (scan[0], _SEVERITY[scan[1]])):
        if state in ENDS:
            break
        if state is TrackingState.RETURNING and told is TrackingState.DELIVERED:
            state = TrackingState.RETURNED
        elif told is not TrackingState.UNKNOWN:
            state = told
    return state
