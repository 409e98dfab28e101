"""What marketplaces push: stored once before it is acknowledged, applied later, in whatever order it came."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from django.db import connection

from config.core import clock
from config.core.errors import NinefoldError, RateLimited, Rejected, Transient
from config.core.work import later
from marketplaces import registry, subjects
from marketplaces.contract import Capability, Notice
from marketplaces.models import Account, AccountStatus, EventState, InboxEvent, RawPage, RunReason, RunState
from marketplaces.services import connections, pulls

PER_RUN = 200
KEYS_FOR_S = 3600
ORDERS = "orders"
UNREADABLE = "unreadable"
_KEEP = """
    INSERT INTO marketplaces_inboxevent AS stored (account_id, event_id, kind, order_id, body, media_type, happened_at,
        received_at, repeats, state, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0, 'received', '')
    ON CONFLICT (account_id, event_id) DO UPDATE SET repeats = stored.repeats + 1
    RETURNING (xmax = 0)
"""


def are_pushed(account: Account) -> bool:
    return Capability.WEBHOOKS in registry.get(account.marketplace).capabilities


def is_authentic(account: Account, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the marketplace signed this; its keys are kept for an hour and asked for again when one is unknown."""
    check = registry.part(account.marketplace, "events").is_authentic
    name = f"signature_keys:{account.key}"
    known = cache.get(name)
    if known is not None and check(body, headers, known):
        return True
    if not cache.add(f"{name}:asked", True, 60):
        if known is None:
            raise Transient("the keys were asked for a moment ago and have not come", code="keys_asked")
        return False
    with connections.opened(account, connections.Recorder(account)) as client:
        fresh: Any = client.signature_keys()  # type: ignore[attr-defined]
    cache.set(name, fresh, KEYS_FOR_S)
    return bool(check(body, headers, fresh))


def receive(account: Account, body: bytes, headers: Mapping[str, str], *, media_type: str = "application/json") -> int:
    """Store the events of one delivery and ask for them to be applied; returns how many are new.

    A body that cannot be read is kept too, as FAILED, so that acknowledging it loses nothing.
    """
    kept = keep(account, body, headers, media_type)
    if not kept:
        _keep_unreadable(account, body, media_type)
    if any(kept):
        later("marketplaces.apply_events", account_id=account.pk)
    return sum(kept)


def keep(account: Account, body: bytes, headers: Mapping[str, str], media_type: str) -> list[int]:
    """Store each event in the body: 1 for a new one, 0 for a repeated one; empty when no event is found in it."""
    return [_keep(account, notice, body, media_type) for notice in read(account, body, headers)]


def read(account: Account, body: bytes, headers: Mapping[str, str] | None = None) -> list[Notice]:
    """The events in a delivered body, as the adapter understands them."""
    found: list[Notice] = registry.part(account.marketplace, "events").read(body, headers or {})
    return found


def _event_id(notice: Notice, body: bytes) -> str:
    return (notice.event_id or hashlib.sha256(body).hexdigest())[:160]


def _keep(account: Account, notice: Notice, body: bytes, media_type: str) -> int:
    values: list[Any] = [
        account.pk, _event_id(notice, body), notice.kind[:80], notice.order_id[:120], body, media_type[:120],
        notice.happened_at, clock.now(),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        return int(cursor.fetchone()[0])


def _keep_unreadable(account: Account, body: bytes, media_type: str) -> None:
    InboxEvent.objects.get_or_create(
        account=account,
        event_id=hashlib.sha256(body).hexdigest(),
        defaults={
            "kind": UNREADABLE, "body": body, "media_type": media_type[:120], "received_at": clock.now(),
            "state": EventState.FAILED, "error": "the adapter found no event in this body",
        },
    )  # fmt: skip


def ask_to_apply() -> int:
    """One work item per active account with waiting events, so that one in trouble holds up no other."""
    waiting = InboxEvent.objects.filter(state=EventState.RECEIVED, account__status=AccountStatus.ACTIVE).order_by()
    accounts = list(waiting.values_list("account", flat=True).distinct())
    return sum(later("marketplaces.apply_events", account_id=pk) is not None for pk in accounts)


def apply(account_id: int) -> dict[str, int]:
    """Map stored events, oldest first, and fetch the orders that changed after we last read them.

    Events of a paused account wait until it is resumed.
    """
    account = Account.objects.get(pk=account_id)
    if account.is_paused:
        return {"skipped": 1}
    waiting = list(_waiting(account)[:PER_RUN])
    done = [event for event in waiting if _map(account, event)]
    fetched = _fetch_orders(account, done)
    InboxEvent.objects.filter(pk__in=[event.pk for event in done]).update(state=EventState.DONE)
    if len(waiting) == PER_RUN:
        later("marketplaces.apply_events", account_id=account.pk, dedupe=f"events:{account.pk}:{waiting[-1].pk}")
    return {"applied": len(done), "fetched": fetched}


def _waiting(account: Account) -> Any:
    found = InboxEvent.objects.filter(account=account, state=EventState.RECEIVED)
    return found.order_by("happened_at", "pk")


def _map(account: Account, event: InboxEvent) -> bool:
    """Hand the event's page to the sinks; an event that does not map is FAILED with the reason, the rest goes on."""
    body = bytes(event.body)
    notice = next((n for n in read(account, body) if _event_id(n, body) == event.event_id), None)
    resources = {resource.key for resource in registry.get(account.marketplace).resources}
    if notice is None or notice.page.resource not in resources:
        InboxEvent.objects.filter(pk=event.pk).update(state=EventState.IGNORED, error="nothing of ours is in it")
        return False
    run = pulls.take_in(account, notice.page.resource, [notice.page], reason=RunReason.EVENT)
    if run.state != RunState.OK:
        InboxEvent.objects.filter(pk=event.pk).update(state=EventState.FAILED, error=run.error)
        return False
    return True


def _fetch_orders(account: Account, events: Sequence[InboxEvent]) -> int:
    """Read each order once that changed after the archive's latest copy; limits leave the rest to the next run."""
    if Capability.ORDERS_BY_ID not in registry.get(account.marketplace).capabilities:
        return 0
    newest: dict[str, datetime] = {}
    for event in events:
        if event.order_id:
            at = event.happened_at or event.received_at
            newest[event.order_id] = max(at, newest.get(event.order_id, datetime.min.replace(tzinfo=UTC)))
    wanted = [order_id for order_id, at in newest.items() if not _have(account, order_id, at)]
    if not wanted:
        return 0
    recorder, fetched = connections.Recorder(account), 0
    with connections.opened(account, recorder) as client:
        for order_id in wanted:
            recorder.turn_to(ORDERS, order_id)
            fetched += _fetch(account, client, order_id)
    return fetched


def _have(account: Account, order_id: str, changed_at: datetime) -> bool:
    pages = RawPage.objects.filter(account=account, resource=ORDERS, applied_at__isnull=False)
    return pages.filter(subjects__contains=[subjects.order(order_id)], fetched_at__gt=changed_at).exists()


def _fetch(account: Account, client: Any, order_id: str) -> int:
    try:
        page = client.by_id(ORDERS, order_id)
    except RateLimited:
        raise
    except Rejected:
        return 0
    if page is None:
        return 0
    pulls.take_in(account, ORDERS, [page], reason=RunReason.EVENT)
    return 1


def watch(accounts: Iterable[Account]) -> dict[str, int]:
    """Make sure that each account's subscription exists and points to us; a refusal is told, the others go on."""
    made = failed = 0
    for account in accounts:
        try:
            made += _subscribe(account)
        except NinefoldError as error:
            failed += 1
            Account.objects.filter(pk=account.pk).update(status_reason=f"no webhook: {error}"[:300])
    return {"subscribed": made, "failed": failed}


def _subscribe(account: Account) -> int:
    url = account.settings.get("webhook_url", "")
    if not url:
        return 0
    with connections.opened(account, connections.Recorder(account)) as client:
        client.ensure_subscription(url)  # type: ignore[attr-defined]
    return 1
