"""The end of the day at a carrier: every label that leaves today is closed, in as many calls as it takes."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from config.core import clock
from inventory.carriers import registry
from inventory.carriers.contract import Closed
from inventory.models import CarrierAccount, Label, LabelKind, LabelState, Manifest
from inventory.services import carriers

ZONE = "Europe/Berlin"


def open_labels(account: CarrierAccount) -> QuerySet[Label]:
    """Labels that leave today or should have left before, and are not closed."""
    today = clock.business_day(clock.now(), ZONE)
    mine = Label.objects.filter(account=account, state=LabelState.BOUGHT, kind=LabelKind.OUTBOUND, manifest=None)
    return mine.filter(ship_on__lte=today, first_scan_at=None).order_by("bought_at", "pk")


def close(account: CarrierAccount, *, by: str) -> list[Manifest]:
    """Close the day; what was closed before, by us or by the carrier itself, is refused there and marked here.

    Raises ValidationError when there is nothing to close. Repeated after a fault it goes on where it stopped.
    """
    waiting = list(open_labels(account))
    if not waiting:
        raise ValidationError(f"{account.label} has no label that leaves today and is not closed")
    batch, made = registry.get(account.carrier).batch, []
    with carriers.opened(account) as client:
        for start in range(0, len(waiting), batch):
            part = waiting[start : start + batch]
            made.append(_keep(account, part, client.close_day([label.tracking_number for label in part]), by))
    return made


def _keep(account: CarrierAccount, part: Sequence[Label], closed: Closed, by: str) -> Manifest:
    with transaction.atomic():
        manifest = Manifest(
            account=account, closed_at=clock.now(), closed_by=by[:150], sheet_no=closed.sheet_no[:80],
            labels_closed=len(part) - len(closed.refused), refused=dict(closed.refused),
        )  # fmt: skip
        manifest.paper = base64.b64encode(closed.document).decode() if closed.document else None
        manifest.save()
        Label.objects.filter(pk__in=[label.pk for label in part]).update(manifest=manifest)
    return manifest


def paper(manifest: Manifest) -> bytes | None:
    return base64.b64decode(manifest.paper) if manifest.paper else None
