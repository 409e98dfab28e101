"""From what is wanted to writes in the outbox: what differs from the last confirmed value, as sets.

1. Due fields of the account are locked; those of other owners are put aside with the reason.
2. What cannot be written, or was refused before, is rejected with the reason.
3. The breaker holds what is too much at once; that waits for a second person.
4. The rest becomes one batch of commands, which the outbox sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction

from catalog.models import BatchState, BreakerLimit, OfferChange, OfferField, OfferState, PublishBatch
from catalog.models.publishing import PRICE, QUANTITY
from catalog.publishing import breaker, learning, revenue
from catalog.publishing.breaker import Hour, Limits, Move
from catalog.publishing.spelling import said
from config.core import clock, work
from marketplaces.canonical import Fulfilment
from marketplaces.models import Account
from marketplaces.selectors import accounts
from marketplaces.services import batches, commands

JOB = "catalog.publish"
MOST = 1_000
HOUR = timedelta(hours=1)

_DUE = """
SELECT f.id, f.listing_id, f.field, f.wanted, f.wanted_at, f.attempts, f.asked_by, f.live_at, f.batch_id,
       coalesce(CASE WHEN f.live_at > f.confirmed_at THEN f.live END, f.confirmed, f.live) AS known,
       l.channel, l.remote_id, l.external_id, l.currency, l.fulfilment, l.sku_id,
       coalesce(own.owner, 'us') AS owner, coalesce(product.category, '') AS product_type, batch.state AS batch_state
FROM catalog_offerfield f
JOIN catalog_listing l ON l.id = f.listing_id
LEFT JOIN catalog_sku sku ON sku.id = l.sku_id
LEFT JOIN catalog_product product ON product.id = sku.product_id
LEFT JOIN catalog_publishbatch batch ON batch.id = f.batch_id
LEFT JOIN LATERAL (
    SELECT owner FROM catalog_fieldowner o
    WHERE o.account_id = f.account_id AND o.field = f.field AND (o.listing_id = f.listing_id OR o.listing_id IS NULL)
    ORDER BY o.listing_id NULLS LAST LIMIT 1) AS own ON true
WHERE f.account_id = %(account)s AND f.state = 'planned' AND f.due_at <= %(now)s
ORDER BY f.due_at, f.id LIMIT %(most)s FOR UPDATE OF f SKIP LOCKED
"""
_TAKEN = """
UPDATE catalog_offerfield f SET command_id = given.command_id, sent = f.wanted, sent_at = NULL, due_at = NULL,
    open_since = NULL, reason = ''
FROM unnest(%(ids)s::bigint[], %(commands)s::bigint[]) AS given(id, command_id) WHERE f.id = given.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A field that differs from what was confirmed, with what its write needs."""

    id: int
    listing_id: int
    field: str
    wanted: str
    wanted_at: datetime
    attempts: int
    asked_by: str
    live_at: datetime | None
    batch_id: int | None
    known: str | None
    channel: str
    remote_id: str
    external_id: str
    currency: str
    fulfilment: str
    sku_id: int | None
    owner: str
    product_type: str
    batch_state: str | None

    @property
    def is_approved(self) -> bool:
        return self.batch_state == BatchState.APPROVED


def publish(account_id: int) -> dict[str, int]:
    """Turn what is due into writes; what becomes due later, or did not fit, is another run's."""
    account = accounts().get(pk=account_id)
    if not commands.is_trusted(account):
        return {"held": 1}
    with transaction.atomic():
        due = _due(account)
        writable = _writable(account, due)
        leaving = _let_through(account, writable)
        _plan(account, leaving)
        ask_again(account_id)
    return {"due": len(due), "rejected": len(due) - len(writable), "waiting": len(writable) - len(leaving),
            "planned": len(leaving)}  # fmt: skip


def ask_again(account_id: int) -> None:
    """Have the fields that are planned published when the first of them is due."""
    waiting = OfferField.objects.filter(account=account_id, state=OfferState.PLANNED, due_at__isnull=False)
    next_at = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    if next_at:
        work.later(JOB, account_id=account_id, due_at=max(next_at, clock.now()))


def _due(account: Account) -> list[Delta]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"account": account.pk, "now": clock.now(), "most": MOST})
        names = [column.name for column in cursor.description]
        return [Delta(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _writable(account: Account, due: Sequence[Delta]) -> list[Delta]:
    """Those that may be written; the others are rejected, or rest with their owner, each with its reason."""
    refused = learning.known_refusals(account.marketplace, due)
    possible, lacking = batches.writable(account), batches.lacking(account)
    beyond = {d.id: batches.beyond(account, d.field, d.wanted) for d in due if d.field != QUANTITY}
    reasons = {d.id: _obstacle(d, possible, lacking) or beyond.get(d.id) or refused.get(d.id, "") for d in due}
    for state in (OfferState.REJECTED, OfferState.PLANNED):
        rest = [d for d in due if reasons[d.id] and (d.owner != "us") == (state == OfferState.PLANNED)]
        _put_aside(rest, reasons, state)
    return [delta for delta in due if not reasons[delta.id]]


def _obstacle(delta: Delta, possible: set[str], lacking: Mapping[str, str]) -> str:
    if delta.owner != "us":
        return f"the {delta.field} belongs to the {delta.owner}; nothing is written"
    if delta.field not in possible:
        instead = f"; {lacking[delta.field]}" if delta.field in lacking else ""
        return f"the marketplace takes no {delta.field} from us{instead}"
    if delta.field == QUANTITY and delta.fulfilment == Fulfilment.MARKETPLACE:
        return "the units lie with the marketplace; that stock is read, never written"
    if delta.field == PRICE and not delta.currency:
        return "the currency is not known yet; it comes with the first reading of the price"
    return ""


def _put_aside(deltas: Sequence[Delta], reasons: dict[int, str], state: str) -> None:
    fields = [OfferField(pk=d.id, state=state, reason=reasons[d.id], due_at=None) for d in deltas]
    OfferField.objects.bulk_update(fields, ["state", "reason", "due_at"], batch_size=500)
    if state == OfferState.REJECTED:
        OfferChange.objects.filter(offer__in=[d.id for d in deltas], outcome="open").update(outcome="rejected")


def _let_through(account: Account, deltas: Sequence[Delta]) -> list[Delta]:
    """What the breaker lets pass; the rest becomes a set that waits for a second person."""
    judged = [delta for delta in deltas if not delta.is_approved]
    shares = revenue.shares(account.pk) if any(d.field != QUANTITY or d.wanted == "0" for d in judged) else {}
    moves = [
        Move(offer_id=d.id, field=d.field, wanted=d.wanted, known=d.known, goods=(d.sku_id or 0, d.channel),
             share=shares.get((d.sku_id or 0, d.channel)))
        for d in judged
    ]  # fmt: skip
    held = breaker.held(moves, limits_of(account.pk), _last_hour(account.pk, shares))
    if held:
        _hold(account, [delta for delta in judged if delta.id in held], held)
    return [delta for delta in deltas if delta.id not in held]


def limits_of(account_id: int) -> Limits:
    """The limits of the account, else those of all."""
    rows = BreakerLimit.objects.filter(account=account_id) or BreakerLimit.objects.filter(account=None)
    row = rows.first() or BreakerLimit()
    return Limits(
        most_zeros=row.most_zeros, price_move_percent=row.price_move_percent, revenue_percent=row.revenue_percent
    )


def _last_hour(account_id: int, shares: dict[tuple[int, str], Decimal]) -> Hour:
    left = OfferField.objects.filter(account=account_id, command__planned_at__gt=clock.now() - HOUR, batch=None)
    ended = left.filter(field=QUANTITY, sent="0") | left.filter(field=QUANTITY, sent=None, confirmed="0")
    weighty = left.exclude(field=QUANTITY) | ended
    pairs = set(weighty.values_list("listing__sku_id", "listing__channel"))
    return Hour(zeros=ended.count(), share=sum((shares.get(pair, Decimal(0)) for pair in pairs), Decimal(0)))


def _hold(account: Account, deltas: Sequence[Delta], reasons: dict[int, str]) -> None:
    batch = PublishBatch.objects.create(
        account=account, items=len(deltas), reasons=sorted(set(reasons.values()))[:20], made_at=clock.now(),
        asked_by=sorted({delta.asked_by for delta in deltas if delta.asked_by}),
    )  # fmt: skip
    fields = [
        OfferField(pk=d.id, state=OfferState.WAITING, reason=reasons[d.id], due_at=None, batch=batch) for d in deltas
    ]
    OfferField.objects.bulk_update(fields, ["state", "reason", "due_at", "batch"], batch_size=500)


def _plan(account: Account, deltas: Sequence[Delta]) -> None:
    if not deltas:
        return
    made = batches.plan(account, f"{clock.now():%Y%m%d-%H%M%S}", (_planned(delta) for delta in deltas))
    known = {_key(delta): delta.id for delta in deltas}
    pairs = [(known[key], pk) for key, pk in made.items()]
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"ids": [pair[0] for pair in pairs], "commands": [pair[1] for pair in pairs]})
    OfferChange.objects.filter(offer__in=known.values(), outcome="open").update(outcome="sent")


def _key(delta: Delta) -> str:
    return f"offer:{delta.id}:{delta.wanted_at.timestamp():.6f}:{delta.attempts}"


def _planned(delta: Delta) -> batches.Planned:
    return batches.Planned(
        field=delta.field, value=said(delta.field, delta.wanted), key=_key(delta),
        sku=delta.remote_id, external_id=delta.external_id, channel=delta.channel, currency=delta.currency,
        asked_by=delta.asked_by, offer_seen_at=delta.live_at,
    )  # fmt: skip


def sweep() -> dict[str, int]:
    """Take up what is due and whose work item was lost, in accounts that may act."""
    due = OfferField.objects.filter(state=OfferState.PLANNED, due_at__lte=clock.now(), account__stage="act")
    accounts = (
        due.filter(account__status="active").order_by("account_id").values_list("account_id", flat=True).distinct()
    )
    return {"asked": sum(work.later(JOB, account_id=account) is not None for account in accounts)}
