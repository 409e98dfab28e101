"""Labels are bought once: a row is committed before the call, and a lost answer is looked up before anything is bought.

1. `labels.want` writes the row; the database holds at most one live label of a kind per parcel.
2. `buy` checks the request with the carrier, commits ASKED, and only then makes the one call that costs money.
3. An answer that is lost leaves ASKED (the process died) or UNKNOWN: `resolve` asks the carrier for our reference. What it
   knows becomes our label, a second one under the same reference is cancelled; what it does not know after the last look
   was never bought, and may be wanted again under the same reference, which is looked up once more first.
"""

from __future__ import annotations

import base64
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from config.core import clock
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import NOT_SENT
from config.core.work import later
from inventory.carriers import requests
from inventory.carriers.contract import CarrierClient, LabelFormat, LabelResult, return_ref
from inventory.models import Label, LabelKind, LabelPaper, LabelState
from inventory.services import carriers, labels
from marketplaces.services import shown

LOOK_AFTER = (timedelta(minutes=2), timedelta(minutes=35), timedelta(hours=2), timedelta(hours=6))
"""A label shows at the carrier within half an hour; after the last of these looks it was never bought."""
STALE = timedelta(minutes=3)
"""A call ends within a minute; an answer that is not stored by then will not be."""
FIRST_SCAN_AFTER = timedelta(hours=2)
RETURNED_AFTER = timedelta(days=2)
"""Nothing comes back before it has arrived."""
NOTHING_BOUGHT = "nothing was bought"


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
        if why := _cancelled_meanwhile(label):
            return _refused(label, f"{why}; {NOTHING_BOUGHT}")
        checked = client.check(labels.request(label))
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


def _cancelled_meanwhile(label: Label) -> str:
    """By what was read, or asked of the marketplace where that is old: an order that its buyer cancelled gets no label."""
    order, items = label.parcel.shipment.order, list(label.parcel.items.select_related("line"))
    if order.status == "cancelled":
        return f"order {order.external_id} was cancelled meanwhile"
    for line, units in ((item.line, item.quantity) for item in items):
        if units > line.quantity - line.quantity_cancelled:
            return f"order {order.external_id}, line {line.external_id}: units were cancelled meanwhile"
    return shown.why_not(order.account, order.external_id, {item.line.external_id: item.quantity for item in items})


def _call(label: Label, client: CarrierClient) -> LabelResult:
    if label.kind == LabelKind.RETURN:
        return client.buy_return(label.ref, requests.address(label.parcel.shipment.ship_to), label.parcel.weight_g)
    return client.buy(labels.request(label))


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
    label.next_track_at = now + (RETURNED_AFTER if is_return else FIRST_SCAN_AFTER)
    label.save()
    if label.return_tracking_number and not is_return:
        _enclose(label)
    for paper in result.documents:
        kept = LabelPaper(label=label, kind=paper.kind.value, format=paper.format.value)
        kept.body = base64.b64encode(paper.body).decode()
        kept.save()


def _enclose(label: Label) -> None:
    """The return label that came with a parcel is followed on its own way; its paper stays with the label it came with.

    Where the parcel has another return label already, that one is followed.
    """
    back = Label(
        parcel=label.parcel, account=label.account, kind=LabelKind.RETURN, ref=return_ref(label.ref),
        product=label.product, format=label.format, ship_on=label.ship_on, state=LabelState.BOUGHT,
        wanted_by=label.wanted_by, tracking_number=label.return_tracking_number, bought_at=label.bought_at,
        return_tracking_number=label.return_tracking_number, next_track_at=clock.now() + RETURNED_AFTER,
    )  # fmt: skip
    Label.objects.bulk_create([back], ignore_conflicts=True)


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


def _loaded(label_id: int) -> Label:
    return Label.objects.select_related("account", "parcel__shipment__order__account").get(pk=label_id)
