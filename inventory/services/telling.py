"""What marketplaces are told of parcels because their carrier scanned them: that they left, and where they are by now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError

from inventory.carriers.news import TrackingState, turns
from inventory.models import Label, LabelKind
from inventory.services import planning
from marketplaces.models import CommandState
from marketplaces.services import told_parcels, writes

SCANNED = "the carrier's first scan"
FOLLOWED = "the carrier's scans"
Scans = Sequence[tuple[datetime, TrackingState]]


def parcel(label: Label) -> bool:
    """Tell that a scanned parcel has left, or its other number; whether that was to be told.

    What cannot be told now stays visible as a parcel that was scanned and not told.
    """
    account = label.parcel.shipment.order.account
    if not _is_due(label) or planning.knows(label) or not writes.can_tell_parcels(account):
        return False
    try:
        planning.confirm(label.parcel, by=SCANNED)
    except ValidationError:
        return False
    return True


def news(labels: Iterable[Label], scans: Mapping[int, Scans]) -> int:
    """Tell the marketplaces that want to hear of it where their parcels are; how many times there was news."""
    found = [each for label in labels for each in _news(label, scans.get(label.pk, ()))]
    return len(told_parcels.tell(found, asked_by=FOLLOWED)) if found else 0


def _news(label: Label, scans: Scans) -> Iterator[told_parcels.News]:
    told = label.parcel.command
    if told is None or told.state != CommandState.CONFIRMED or not _is_due(label):
        return
    wanted = told_parcels.wanted_news(label.parcel.shipment.order.account)
    if wanted and planning.knows(label):
        for at, state in turns(scans):
            if state in wanted:
                yield told_parcels.News(told=told, tracking_number=label.tracking_number, state=state.value, at=at)


def _is_due(label: Label) -> bool:
    is_outbound = label.kind == LabelKind.OUTBOUND and not label.parcel.cancelled_at
    return label.first_scan_at is not None and is_outbound
