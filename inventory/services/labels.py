"""Labels that somebody wants, their papers, and those that are given back; `purchases` buys them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from config.core import clock
from config.core.errors import Rejected
from config.core.work import later
from inventory.carriers import registry, requests
from inventory.carriers.contract import CarrierClient, LabelFormat, LabelRequest, return_ref
from inventory.carriers.news import TrackingState
from inventory.models import CarrierAccount, Label, LabelKind, LabelPaper, LabelState, Parcel
from inventory.models.shipments import LIVE
from inventory.services import addresses, carriers
from marketplaces.services import carriage

_REF = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants for a parcel. `services` are the names of `contract.Services` with their values."""

    account: CarrierAccount
    product: str
    asked_by: str
    ship_on: date | None = None
    format: LabelFormat = LabelFormat.PDF
    services: dict[str, Any] = field(default_factory=dict)
    customs: dict[str, Any] = field(default_factory=dict)
    with_return: bool = False
    is_routed: bool = True
    kind: LabelKind = LabelKind.OUTBOUND


def want(parcel: Parcel, wish: Wish) -> Label:
    """The parcel's live label, or a new row that waits to be bought; one that was never bought is wanted again.

    Raises ValidationError with the rule that the request breaks, before anything is sent.
    """
    with transaction.atomic():
        parcels = Parcel.objects.select_for_update(of=("self",)).select_related("shipment__order__account")
        held = parcels.get(pk=parcel.pk)
        _check(held, wish)
        mine = Label.objects.filter(parcel=held, kind=wish.kind)
        if found := mine.filter(state__in=LIVE).first():
            return found
        label = mine.filter(state=LabelState.ABSENT).first() or Label(parcel=held, kind=wish.kind, ref=new_ref())
        _fill(label, wish)
        _check_rules(label)
        label.save()
    return label


def new_ref() -> str:
    """Fourteen signs that nobody has used: a reference finds one parcel, in all time."""
    return "NF" + "".join(secrets.choice(_REF) for _ in range(12))


def _fill(label: Label, wish: Wish) -> None:
    label.account, label.product, label.format = wish.account, wish.product, wish.format
    label.services, label.customs, label.with_return = wish.services, wish.customs, wish.with_return
    label.ship_on, label.is_routed, label.wanted_by = wish.ship_on or _today(), wish.is_routed, wish.asked_by[:150]
    label.state, label.reason, label.checks, label.next_check_at = LabelState.WANTED, "", 0, None


def _today() -> date:
    return clock.business_day(clock.now(), "Europe/Berlin")


def _check(parcel: Parcel, wish: Wish) -> None:
    if not wish.account.is_active:
        raise ValidationError(f"{wish.account.label} is switched off; switch it on or choose another contract")
    if parcel.cancelled_at:
        raise ValidationError("the parcel is cancelled; plan a new one")
    order = parcel.shipment.order
    carrier = registry.get(wish.account.carrier).code
    if wish.kind == LabelKind.OUTBOUND and not carriage.takes(order.account, carrier):
        raise ValidationError(f"{order.account.label} takes no parcels of {carrier}; choose another carrier's contract")
    if parcel.shipment.is_doubled and wish.kind == LabelKind.OUTBOUND:
        raise ValidationError(f"{addresses.DOUBLED}: release the order first, or cancel it")


def _check_rules(label: Label) -> None:
    carrier = registry.get(label.account.carrier)
    try:
        carrier.product(label.product)
        if label.kind == LabelKind.OUTBOUND:
            registry.part(carrier.key, "rules").check(request(label))
    except (Rejected, LookupError) as error:
        raise ValidationError(str(error)) from error


def buy_later(labels: Iterable[Label]) -> int:
    """Have workers buy; returns how many were asked for."""
    with transaction.atomic():
        return len([each for each in labels if later("inventory.buy_label", label_id=each.pk) is not None])


def cancel(label: Label) -> Label:
    """Give a bought label back, with the return label that came with it; raises Rejected with the carrier's reason, such as
    a closed day. One that nobody has begun to buy is withdrawn: who buys it at the same moment wins.
    """
    if _withdrawn(Label.objects.filter(pk=label.pk, state__in=(LabelState.WANTED, LabelState.REFUSED))):
        return Label.objects.get(pk=label.pk)
    label.refresh_from_db(fields=["state", "tracking_number", "manifest"])
    if label.state != LabelState.BOUGHT:
        raise ValidationError(f"a label that is {label.get_state_display()} cannot be given back; wait for the lookup")
    if label.manifest_id:
        raise ValidationError("the day of this label is closed; what is not handed over is not charged for")
    with carriers.opened(label.account, ref=label.ref) as client:
        refusal = client.cancel(label.tracking_number)
        if refusal and not _is_cancelled_there(label, client):
            raise Rejected(f"{label.account.label} does not cancel {label.tracking_number}: {refusal}")
    given_back([label])
    return Label.objects.get(pk=label.pk)


def _is_cancelled_there(label: Label, client: CarrierClient) -> bool:
    """A cancellation whose answer was lost is refused the second time; the carrier's scans tell that it was done."""
    return any(each.state is TrackingState.CANCELLED for each in client.track([label.tracking_number]))


def given_back(labels: Iterable[Label]) -> int:
    """Keep that the carrier has taken bought labels back, and with them the return labels that they came with."""
    refs = [ref for label in labels for ref in (label.ref, return_ref(label.ref))]
    return _withdrawn(Label.objects.filter(ref__in=refs, state=LabelState.BOUGHT))


def _withdrawn(found: QuerySet[Label]) -> int:
    """Only what still stands as it was read; papers of withdrawn labels are nothing to print any more."""
    with transaction.atomic():
        ids = list(found.select_for_update().values_list("pk", flat=True))
        LabelPaper.objects.filter(label__in=ids).delete()
        now = clock.now()
        return Label.objects.filter(pk__in=ids).update(
            state=LabelState.CANCELLED, cancelled_at=now, next_track_at=None, next_check_at=None, updated_at=now
        )


def papers(labels: Sequence[Label], *, kinds: Sequence[str] = ("label",)) -> list[LabelPaper]:
    """The papers of labels, in the labels' order."""
    found = LabelPaper.objects.filter(label__in=labels, kind__in=kinds).select_related("label")
    at = {label.pk: place for place, label in enumerate(labels)}
    return sorted(found, key=lambda paper: (at[paper.label_id], kinds.index(paper.kind)))


def content(paper: LabelPaper) -> bytes:
    return base64.b64decode(paper.body)


def request(label: Label) -> LabelRequest:
    """What the carrier is asked for."""
    return requests.of_label(label, label.parcel, label.parcel.shipment)
