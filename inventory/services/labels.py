"""Labels are bought once: a row is committed before the call, and a lost answer is looked up before anything is bought.

1. `want` writes the row; the database holds at most one live label of a kind per parcel.
2. `buy` checks the request with the carrier, commits ASKED, and only then makes the one call that costs money.
3. An answer that is lost leaves ASKED (the process died) or UNKNOWN: `resolve` asks the carrier for our reference. What it
   knows becomes our label, a second one under the same reference is cancelled; what it does not know after the last look
   was never bought, and may be wanted again under the same reference, which is looked up once more first.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import NOT_SENT
from config.core.work import later
from inventory.carriers import registry, requests
from inventory.carriers.contract import CarrierClient, LabelFormat, LabelResult
from inventory.models import CarrierAccount, Label, LabelKind, LabelPaper, LabelState, Parcel
from inventory.services import addresses, carriers

LOOK_AFTER = (timedelta(minutes=2), timedelta(minutes=35), timedelta(hours=2), timedelta(hours=6))
"""A label shows at the carrier within half an hour; after the last of these looks it was never bought."""
STALE = timedelta(minutes=3)
"""A call ends within a minute; an answer that is not stored by then will not be."""
FIRST_SCAN_AFTER = timedelta(hours=2)
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
        held = Parcel.objects.select_for_update(of=("self",)).select_related("shipment__order").get(pk=parcel.pk)
        _check(held, wish)
        mine = Label.objects.filter(parcel=held, kind=wish.kind)
        live = mine.filter(state__in=(LabelState.WANTED, LabelState.ASKED, LabelState.UNKNOWN, LabelState.BOUGHT))
        if found := live.first():
            return found
        label = mine.filter(state=LabelState.ABSENT).first() or Label(parcel=held, kind=wish.kind, ref=new_ref())
        _fill(label, wish)
        _check_request(label)
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
    if parcel.shipment.is_doubled and wish.kind == LabelKind.OUTBOUND:
        raise ValidationError(f"{addresses.DOUBLED}: release the order first, or cancel it")


def _check_request(label: Label) -> None:
    carrier = registry.get(label.account.carrier)
    try:
        carrier.product(label.product)
        if label.kind == LabelKind.OUTBOUND:
            registry.part(carrier.key, "rules").check(_request(label))
    except (Rejected, LookupError) as error:
        raise ValidationError(str(error)) from error


def buy_later(labels: Iterable[Label]) -> int:
    """Have workers buy; returns how many were asked for."""
    with transaction.atomic():
        return len([each for each in labels if later("inventory.buy_label", label_id=each.pk) is not None])


def buy(label_id: int) -> dict[str, int]:
    """Buy one wanted label; must run outside any transaction, for the row must be there before the call."""
    label = _loaded(label_id)
    if label.state != LabelState.WANTED:
        return {"skipped": 1}
    try:
        with carriers.opened(label.account, ref=label.ref) as client:
            if label.asked_at and _adopt(label, client):
                return {"found": 1}
            return _bought(label, client)
    except Rejected as error:
        return _refused(label, str(error))


def _bought(label: Label, client: CarrierClient) -> dict[str, int]:
    if label.kind == LabelKind.OUTBOUND:
        checked = client.check(_request(label))
        if not checked.is_bought:
            return _refused(label, checked.problems)
    if not _claim(label):
        return {"skipped": 1}
    try:
        result = _call(label, client)
    except (NeedsOperator, Transient) as error:
        if isinstance(error, NeedsOperator | RateLimited) or error.code == NOT_SENT:
            Label.objects.filter(pk=label.pk, state=LabelState.ASKED).update(state=LabelState.WANTED, reason=str(error))
            raise
        return _in_doubt(label, error)
    if not result.is_bought:
        return _refused(label, result.problems)
    return _keep(label, result, client)


def _call(label: Label, client: CarrierClient) -> LabelResult:
    if label.kind == LabelKind.RETURN:
        return client.buy_return(label.ref, requests.address(label.parcel.shipment.ship_to), label.parcel.weight_g)
    return client.buy(_request(label))


def _claim(label: Label) -> bool:
    """Commit ASKED, once; from here on the answer is kept or looked up."""
    with transaction.atomic(durable=True):
        now = clock.now()
        mine = Label.objects.filter(pk=label.pk, state=LabelState.WANTED)
        return bool(mine.update(state=LabelState.ASKED, asked_at=now, next_check_at=now + STALE, checks=0))


def _refused(label: Label, reason: str) -> dict[str, int]:
    open_states = (LabelState.WANTED, LabelState.ASKED)
    Label.objects.filter(pk=label.pk, state__in=open_states).update(
        state=LabelState.REFUSED, reason=reason[:2000], next_check_at=None
    )
    return {"refused": 1}


def _in_doubt(label: Label, error: NinefoldError) -> dict[str, int]:
    due = clock.now() + LOOK_AFTER[0]
    with transaction.atomic():
        Label.objects.filter(pk=label.pk, state=LabelState.ASKED).update(
            state=LabelState.UNKNOWN, reason=f"the answer was lost ({error}); it is looked up", next_check_at=due
        )
        later("inventory.resolve_label", label_id=label.pk, due_at=due, dedupe=f"resolve:{label.pk}:0")
    return {"unknown": 1}


def _keep(label: Label, result: LabelResult, client: CarrierClient) -> dict[str, int]:
    """Store number and papers together. A label that came too late, beside another one, is given back."""
    with transaction.atomic():
        held = Label.objects.select_for_update().get(pk=label.pk)
        is_mine = held.state in (LabelState.ASKED, LabelState.UNKNOWN, LabelState.WANTED)
        if is_mine:
            _store(held, result)
    if is_mine or held.tracking_number == result.tracking_number:
        return {"bought": 1}
    client.cancel(result.tracking_number)
    return {"given_back": 1}


def _store(label: Label, result: LabelResult) -> None:
    now = clock.now()
    is_return = label.kind == LabelKind.RETURN
    label.state, label.reason, label.next_check_at = LabelState.BOUGHT, result.problems[:2000], None
    label.tracking_number = result.return_tracking_number if is_return else result.tracking_number
    label.return_tracking_number = result.return_tracking_number
    label.routing_code, label.bought_at = result.routing_code[:50], now
    label.next_track_at = None if is_return else now + FIRST_SCAN_AFTER
    label.save()
    for paper in result.documents:
        kept = LabelPaper(label=label, kind=paper.kind.value, format=paper.format.value)
        kept.body = base64.b64encode(paper.body).decode()
        kept.save()


def resolve(label_id: int) -> dict[str, int]:
    """Look up a label whose answer was lost; only what the carrier shows makes it bought, only the last look absent."""
    label = _loaded(label_id)
    is_stale = label.state == LabelState.ASKED and label.asked_at and label.asked_at + STALE <= clock.now()
    if label.state != LabelState.UNKNOWN and not is_stale:
        return {"skipped": 1}
    with carriers.opened(label.account, ref=label.ref) as client:
        if _adopt(label, client):
            return {"found": 1}
    return _look_again(label)


def _adopt(label: Label, client: CarrierClient) -> bool:
    """Take what the carrier has under our reference: the first is ours, any other is cancelled."""
    since = (label.asked_at or clock.now()).date() - timedelta(days=1)
    numbers = client.find(label.ref, since, clock.now().date() + timedelta(days=1))
    if not numbers:
        return False
    for surplus in numbers[1:]:
        client.cancel(surplus)
    found = client.fetch(numbers[0], LabelFormat(label.format)) if label.kind == LabelKind.OUTBOUND else None
    _keep(label, found or _paperless(label, numbers[0]), client)
    return True


def _paperless(label: Label, number: str) -> LabelResult:
    """Known by its number alone, because the day is closed or it is a return: print it in the carrier's portal."""
    is_return = label.kind == LabelKind.RETURN
    return LabelResult(
        is_bought=True, tracking_number="" if is_return else number, return_tracking_number=number if is_return else "",
        messages=(requests.reprint(),),
    )  # fmt: skip


def _look_again(label: Label) -> dict[str, int]:
    """The next look counts from the call; after the last one the label was never bought."""
    label.checks += 1
    asked_at = label.asked_at or clock.now()
    mine = Label.objects.filter(pk=label.pk, state__in=(LabelState.ASKED, LabelState.UNKNOWN))
    if label.checks >= len(LOOK_AFTER):
        reason = "the carrier does not know it after hours: it was never bought; it may be wanted again"
        mine.update(state=LabelState.ABSENT, checks=label.checks, reason=reason, next_check_at=None)
        return {"absent": 1}
    due = max(asked_at + LOOK_AFTER[label.checks], clock.now() + LOOK_AFTER[0])
    with transaction.atomic():
        mine.update(state=LabelState.UNKNOWN, checks=label.checks, next_check_at=due)
        later("inventory.resolve_label", label_id=label.pk, due_at=due, dedupe=f"resolve:{label.pk}:{label.checks}")
    return {"unknown": 1}


def sweep() -> dict[str, int]:
    """Ask again for what is due and whose work is gone: labels left by a dead process, and those never begun."""
    now = clock.now()
    doubtful = Q(state__in=(LabelState.ASKED, LabelState.UNKNOWN), next_check_at__lte=now)
    open_ids = Label.objects.filter(doubtful).values_list("pk", flat=True)
    with transaction.atomic():
        asked = [later("inventory.resolve_label", label_id=pk) for pk in open_ids]
    return {"asked": sum(item is not None for item in asked)}


def cancel(label: Label) -> Label:
    """Give a bought label back; raises Rejected with the carrier's reason, such as a closed day."""
    if label.state in (LabelState.WANTED, LabelState.REFUSED):
        return _cancelled(label)
    if label.state != LabelState.BOUGHT:
        raise ValidationError(f"a label that is {label.get_state_display()} cannot be given back; wait for the lookup")
    if label.manifest_id:
        raise ValidationError("the day of this label is closed; what is not handed over is not charged for")
    with carriers.opened(label.account, ref=label.ref) as client:
        refusal = client.cancel(label.tracking_number)
    if refusal:
        raise Rejected(f"{label.account.label} does not cancel {label.tracking_number}: {refusal}")
    return _cancelled(label)


def _cancelled(label: Label) -> Label:
    label.state, label.cancelled_at, label.next_track_at = LabelState.CANCELLED, clock.now(), None
    label.next_check_at = None
    label.save()
    LabelPaper.objects.filter(label=label).delete()
    return label


def papers(labels: Sequence[Label], *, kinds: Sequence[str] = ("label",)) -> list[LabelPaper]:
    """The papers of labels, in the labels' order."""
    found = LabelPaper.objects.filter(label__in=labels, kind__in=kinds).select_related("label")
    at = {label.pk: place for place, label in enumerate(labels)}
    return sorted(found, key=lambda paper: (at[paper.label_id], kinds.index(paper.kind)))


def content(paper: LabelPaper) -> bytes:
    return base64.b64decode(paper.body)


def _loaded(label_id: int) -> Label:
    return Label.objects.select_related("account", "parcel__shipment__order").get(pk=label_id)


def _request(label: Label) -> Any:
    return requests.of_label(label, label.parcel, label.parcel.shipment)
