"""Where labels that were bought are by now: asked when it is due, told to the order and to its marketplace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from config.core import clock
from config.core.errors import NinefoldError
from inventory.carriers.news import ENDS, UNSCANNED, Tracked, TrackingState, settled
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, OrderEvent, TrackingEvent
from inventory.services import carriers, labels, telling
from marketplaces.canonical import ChangeKind

AT_ONCE = 200
USUAL, SOON, RARELY = timedelta(hours=2), timedelta(minutes=30), timedelta(days=1)
"""On its way, on the delivery vehicle, and a return label that nobody has used: most never are."""
GIVE_UP_AFTER = timedelta(days=90)
"""Carriers tell no more of a parcel then."""
Scan = tuple[datetime, TrackingState]
NOTHING = Tracked("")
TOLD = ("tracking_state", "first_scan_at", "delivered_at", "next_track_at", "weighed_g")


def track_due() -> dict[str, int]:
    """Ask each carrier about its parcels whose time has come, the longest waiting first, and those on their way to us last.

    A parcel that is scanned has left: its marketplace is told, where nobody did so and the account may write. One that wants
    to hear of the parcel's way is told that as well. A carrier that does not answer keeps nobody from hearing of the others;
    what it told before it fell silent counts, and the rest stays due. Its error is raised when all is kept.
    """
    due = Label.objects.filter(state=LabelState.BOUGHT, next_track_at__lte=clock.now())
    rows = due.select_related("account", "parcel__shipment__order__account", "parcel__command")
    by_account: dict[int, list[Label]] = defaultdict(list)
    for label in rows.order_by("kind", "next_track_at")[:AT_ONCE]:
        by_account[label.account_id].append(label)
    answers = [_asked(found[0].account, found) for found in by_account.values()]
    every = [label for answer in answers for label in _track(answer)]
    counts = {"tracked": len(every), "told": sum(map(telling.parcel, every))}
    counts["news"] = telling.news(every, scans(every))
    for answer in answers:
        if answer.error:
            raise answer.error
    return counts


@dataclass(slots=True)
class _Answer:
    """What a carrier told of labels, and what stopped it."""

    found: list[Label]
    told: dict[str, Tracked] = field(default_factory=dict)
    error: NinefoldError | None = None


def _asked(account: CarrierAccount, found: list[Label]) -> _Answer:
    answer = _Answer(found)
    try:
        with carriers.opened(account) as client:
            for each in client.track([label.tracking_number for label in found]):
                answer.told[each.tracking_number] = each
    except NinefoldError as error:
        answer.error = error
        answer.found = [label for label in found if label.tracking_number in answer.told]
    return answer


def _track(answer: _Answer) -> list[Label]:
    found, told = answer.found, answer.told
    with transaction.atomic():
        _keep(found, told)
        known = scans(found)
        for label in found:
            _apply(label, known[label.pk])
            label.weighed_g = told.get(label.tracking_number, NOTHING).weight_g or label.weighed_g
        Label.objects.bulk_update(found, TOLD)
        steps = [step for label in found for step in _steps(label, known[label.pk])]
        OrderEvent.objects.bulk_create(steps, ignore_conflicts=True)
        labels.given_back(each for each in found if each.tracking_state == TrackingState.CANCELLED)
    return found


def _keep(found: Iterable[Label], told: Mapping[str, Tracked]) -> None:
    """Each scan once. A number comes again after a long time, so older scans than the label are not its own."""
    rows = [
        TrackingEvent(label=label, at=each.at, state=each.state.value, code=each.code, text=each.text, place=each.place)
        for label in found
        for each in told.get(label.tracking_number, NOTHING).events
        if each.at >= (label.bought_at or label.created_at) - timedelta(days=1)
    ]
    TrackingEvent.objects.bulk_create(rows, ignore_conflicts=True)


def scans(found: Iterable[Label]) -> dict[int, list[Scan]]:
    """All scans that were ever told by label, for a carrier may forget what it said before."""
    known: dict[int, list[Scan]] = defaultdict(list)
    rows = TrackingEvent.objects.filter(label__in=[label.pk for label in found])
    for pk, at, state in rows.values_list("label", "at", "state"):
        known[pk].append((at, TrackingState(state)))
    return known


def _apply(label: Label, scans: list[Scan]) -> None:
    state = settled(TrackingState(label.tracking_state), scans)
    label.tracking_state = state.value
    label.first_scan_at = min((at for at, told in scans if told not in UNSCANNED), default=label.first_scan_at)
    if state is TrackingState.DELIVERED:
        label.delivered_at = _first(scans, state) or label.delivered_at
    label.next_track_at = _next(label, state)


def _first(scans: Iterable[Scan], state: TrackingState) -> datetime | None:
    return min((at for at, told in scans if told is state), default=None)


def _next(label: Label, state: TrackingState) -> datetime | None:
    now = clock.now()
    if state in ENDS or (label.bought_at or now) + GIVE_UP_AFTER < now:
        return None
    if label.kind == LabelKind.RETURN and label.first_scan_at is None:
        return now + RARELY
    return now + (SOON if state is TrackingState.OUT_FOR_DELIVERY else USUAL)


def _steps(label: Label, scans: list[Scan]) -> Iterator[OrderEvent]:
    """The first scan and the end stand on the order's page beside what its marketplace says; of a return, that it came."""
    order, state = label.parcel.shipment.order, TrackingState(label.tracking_state)
    came_back = max((at for at, _ in scans), default=None) if state is TrackingState.RETURNED else None
    told: tuple[tuple[ChangeKind, TrackingState, datetime | None], ...] = (
        (ChangeKind.SHIPPED, TrackingState.IN_TRANSIT, label.first_scan_at),
        (ChangeKind.DELIVERED, TrackingState.DELIVERED, label.delivered_at),
        (ChangeKind.RETURNED, TrackingState.RETURNED, came_back),
    )
    if label.kind == LabelKind.RETURN:
        told = ((ChangeKind.RETURNED, TrackingState.DELIVERED, label.delivered_at),)
    for kind, meant, at in told:
        if at:
            yield OrderEvent(
                account_id=order.account_id, order=order, order_ref=order.external_id, kind=kind.value,
                kind_raw=meant.value, source="carrier", event_id=f"carrier:{label.ref}:{meant.value}", happened_at=at,
                received_at=clock.now(), facts={"tracking_number": label.tracking_number},
            )  # fmt: skip
