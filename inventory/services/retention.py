"""What is deleted when its time has come: papers, addresses, and what was said to carriers."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from config.core import clock
from inventory.models import CarrierAccount, CarrierCall, LabelPaper, Manifest, Shipment

CALLS_KEPT = timedelta(days=90)


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
