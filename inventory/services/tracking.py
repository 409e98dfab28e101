"""Where labels that were bought are by now: asked when it is due, told to the order, and forgotten in the end."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from config.core import clock
from inventory.carriers.contract import ENDS, UNSCANNED, Tracked, TrackingState
from inventory.models import (
    CarrierAccount,
    CarrierCall,
    Label,
    LabelPaper,
    LabelState,
    Manifest,
    OrderEvent,
    Shipment,
    TrackingEvent,
)
from inventory.services import carriers
from marketplaces.canonical import ChangeKind

AT_ONCE = 200
USUAL, SOON = timedelta(hours=2), timedelta(minutes=30)
GIVE_UP_AFTER = timedelta(days=90)
"""Carriers tell no more of a parcel then."""
CALLS_KEPT = timedelta(days=90)
_TOLD = {
    TrackingState.IN_TRANSIT: ChangeKind.SHIPPED, TrackingState.DELIVERED: ChangeKind.DELIVERED,
    TrackingState.RETURNED: ChangeKind.RETURNED,
}  # fmt: skip


def track_due() -> dict[str, int]:
    """Ask each carrier about its parcels whose time has come, the longest waiting first."""
    due = Label.objects.filter(state=LabelState.BOUGHT, next_track_at__lte=clock.now())
    rows = due.select_related("account", "parcel__shipment__order").order_by("next_track_at")[:AT_ONCE]
    by_account: dict[int, list[Label]] = defaultdict(list)
    for label in rows:
        by_account[label.account_id].append(label)
    return {"tracked": sum(_track(found[0].account, found) for found in by_account.values())}


def _track(account: CarrierAccount, found: list[Label]) -> int:
    with carriers.opened(account) as client:
        told = {each.tracking_number: each for each in client.track([label.tracking_number for label in found])}
    with transaction.atomic():
        for label in found:
            _apply(label, told.get(label.tracking_number) or Tracked(label.tracking_number))
        Label.objects.bulk_update(found, ["tracking_state", "first_scan_at", "delivered_at", "next_track_at"])
    return len(found)


def _apply(label: Label, told: Tracked) -> None:
    """An end stays an end. A number comes again after a long time, so older scans than the label are not its own."""
    since = (label.bought_at or label.created_at) - timedelta(days=1)
    events = [event for event in told.events if event.at >= since]
    TrackingEvent.objects.bulk_create(
        [
            TrackingEvent(
                label=label, at=each.at, state=each.state.value, code=each.code, text=each.text, place=each.place
            )
            for each in events
        ],
        ignore_conflicts=True,
    )
    state = Tracked(told.tracking_number, tuple(events)).state
    if TrackingState(label.tracking_state) not in ENDS and state is not TrackingState.UNKNOWN:
        label.tracking_state = state.value
    scans = [event.at for event in events if event.state not in UNSCANNED]
    label.first_scan_at = label.first_scan_at or min(scans, default=None)
    arrived = [event.at for event in events if event.state is TrackingState.DELIVERED]
    label.delivered_at = label.delivered_at or min(arrived, default=None)
    label.next_track_at = _next(label)
    _tell_order(label, told)


def _next(label: Label) -> datetime | None:
    state, now = TrackingState(label.tracking_state), clock.now()
    if state in ENDS or (label.bought_at or now) + GIVE_UP_AFTER < now:
        return None
    return now + (SOON if state is TrackingState.OUT_FOR_DELIVERY else USUAL)


def _tell_order(label: Label, told: Tracked) -> None:
    """The first scan and the end stand on the order's page beside what its marketplace says."""
    order, first = label.parcel.shipment.order, dict[TrackingState, datetime]()
    for event in sorted(told.events, key=lambda event: event.at):
        first.setdefault(event.state, event.at)
    OrderEvent.objects.bulk_create(
        [
            OrderEvent(
                account_id=order.account_id, order=order, order_ref=order.external_id, kind=_TOLD[state].value,
                kind_raw=state.value, source="carrier", event_id=f"carrier:{label.ref}:{state.value}", happened_at=at,
                received_at=clock.now(), facts={"tracking_number": label.tracking_number},
            )
            for state, at in first.items()
            if state in _TOLD
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def purge() -> dict[str, int]:
    """Delete papers and addresses past their time; numbers, states and scans stay, for they name nobody."""
    gone = 0
    for account in CarrierAccount.objects.all():
        until = clock.now() - timedelta(days=account.keep_days)
        old = Q(label__account=account) & (Q(label__bought_at__lt=until) | Q(label__created_at__lt=until))
        gone += LabelPaper.objects.filter(old).delete()[0]
        Manifest.objects.filter(account=account, closed_at__lt=until).update(paper=None)
    return {"papers": gone, "addresses": _forget(), "calls": _drop_calls()}


def _forget() -> int:
    """The longest retention among the contracts holds for shipments, which belong to none of them."""
    days = CarrierAccount.objects.order_by("-keep_days").values_list("keep_days", flat=True).first() or 0
    old = Shipment.objects.filter(created_at__lt=clock.now() - timedelta(days=days), ship_to__isnull=False)
    return old.update(ship_to=None)


def _drop_calls() -> int:
    return CarrierCall.objects.filter(at__lt=clock.now() - CALLS_KEPT).delete()[0]
