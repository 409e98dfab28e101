"""Listing, price and offer rows into tables, as sets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from catalog.models import Listing as ListingRow
from catalog.publishing import drift
from catalog.publishing.likeness import Shown
from catalog.publishing.spelling import spelled
from catalog.publishing.tolerance import ALLOWED_DELAY
from catalog.services import remote
from catalog.services.remote import Seen, ids_as_json, remote_id
from catalog.signals import listings_applied
from config.core.bulk import Table, land
from config.core.events import announce
from config.core.money import Money
from marketplaces.canonical import Listing, Offer, Price
from marketplaces.sinks import Applied, Source

_LISTING = Table(
    name="catalog_listing",
    columns=(
        "account_id", "channel", "external_id", "remote_id", "sku_id", "product_ids", "title", "status", "status_raw",
        "fulfilment", "quantity", "image_url", "extra", "changed_at", "price", "currency", "price_seen_at",
    ),
    key=("account_id", "channel", "external_id"),
)  # fmt: skip
_ISSUE = Table(
    name="catalog_listingissue",
    columns=("listing_id", "code", "severity", "message", "attributes", "is_blocking", "is_open"),
    key=("listing_id", "code"),
    newer=None,
)
_OFFER = Table(
    name="catalog_offersnapshot",
    columns=(
        "account_id", "channel", "remote_id", "observed_at", "is_featured_own", "featured_price", "lowest_price",
        "currency", "offer_count", "competitors",
    ),
    key=("account_id", "channel", "remote_id", "observed_at"),
    newer=None,
)  # fmt: skip
_PRICE = """
UPDATE catalog_listing AS l SET price = given.price, sale_price = given.sale_price, currency = given.currency,
    price_seen_at = given.seen_at
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS given(channel text, external_id text, price numeric, sale_price numeric, currency text, seen_at timestamptz)
WHERE l.account_id = %(account)s AND l.channel = given.channel AND l.external_id = given.external_id
  AND (l.price, l.sale_price, l.currency) IS DISTINCT FROM (given.price, given.sale_price, given.currency)
  AND (l.price_seen_at <= given.seen_at) IS NOT FALSE
RETURNING l.id
"""
_HISTORY = """
INSERT INTO catalog_listingprice (listing_id, price, sale_price, currency, since)
SELECT l.id, l.price, l.sale_price, l.currency, %(at)s FROM catalog_listing l
LEFT JOIN LATERAL (SELECT * FROM catalog_listingprice p WHERE p.listing_id = l.id ORDER BY since DESC LIMIT 1) last
    ON true
WHERE l.id = ANY(%(ids)s) AND l.price IS NOT NULL
  AND (last.price, last.sale_price, last.currency) IS DISTINCT FROM (l.price, l.sale_price, l.currency)
ON CONFLICT (listing_id, since) DO NOTHING
"""

_Known = tuple[Decimal | None, str, datetime | None]


def amount(money: Money | None) -> Decimal | None:
    return money.amount if money else None


def listings(rows: Sequence[Listing], source: Source) -> Applied:
    """Upsert listings with their issues; issues that are told no more are closed, not deleted."""
    account_id = source.account.pk
    seen = [Seen(remote_id(r.sku, r.product_ids), r.title, r.product_ids) for r in rows]
    skus = remote.register(account_id, seen, seen_in=source.resource)
    skus |= remote.inherit(account_id, list(_strangers(rows, seen, skus)))
    known = _known_prices(rows, source)
    landed = land(
        _LISTING,
        (
            (*_listing(account_id, r, s.remote_id, skus), *_price_to_keep(r, known, source))
            for r, s in zip(rows, seen, strict=True)
        ),
    )
    _issues([r for r in rows if r.issues is not None], source)
    _remember_prices(landed.changed_ids, source)
    drift.observe(account_id, _shown(rows), source.at)
    if landed.changed_ids:
        announce(listings_applied, account_id=account_id, ids=landed.changed_ids)
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)


def _strangers(rows: Sequence[Listing], seen: Sequence[Seen], skus: dict[str, int | None]) -> Iterator[dict[str, str]]:
    """Listings whose name means no SKU yet: one that is known by another name was renamed at the marketplace."""
    for row, name in zip(rows, seen, strict=True):
        if name.remote_id and skus.get(name.remote_id) is None:
            yield {"channel": row.channel, "external_id": row.external_id, "remote_id": name.remote_id}


def _shown(rows: Sequence[Listing]) -> Iterator[Shown]:
    """What the rows tell of price, units and words; a value that a field of ours cannot have is left out."""
    for row in rows:
        numbers = {"quantity": row.quantity, "price": amount(row.price)}
        for field, value in numbers.items():
            if value is not None and value >= 0:
                yield Shown(row.channel, row.external_id, field, spelled(field, value))
        for field, text in {"title": row.title[:300].strip(), **row.content}.items():
            if text:
                yield Shown(row.channel, row.external_id, field, text)


def _listing(account_id: int, row: Listing, name: str, skus: dict[str, int | None]) -> tuple[Any, ...]:
    return (
        account_id, row.channel, row.external_id, name, skus.get(name), ids_as_json(row.product_ids), row.title[:300],
        row.status, row.status_raw[:60], row.fulfilment, row.quantity, row.image_url[:500], dict(row.extra),
        row.changed_at,
    )  # fmt: skip


def _known_prices(rows: Sequence[Listing], source: Source) -> dict[tuple[str, str], _Known]:
    found = ListingRow.objects.filter(account=source.account, external_id__in={r.external_id for r in rows})
    told = found.values_list("channel", "external_id", "price", "currency", "price_seen_at")
    return {(channel, external): (price, currency, at) for channel, external, price, currency, at in told}


def _price_to_keep(row: Listing, known: dict[tuple[str, str], _Known], source: Source) -> _Known:
    """Price, currency and when it was seen: the stored ones where they are equal to what the row tells, or newer."""
    seen_at = row.changed_at or source.at
    told = (amount(row.price), row.price.currency if row.price else "")
    stored = known.get((row.channel, row.external_id))
    if stored and (stored[:2] == told or (stored[2] and stored[2] > seen_at)):
        return stored
    return (*told, seen_at)


def _issues(rows: Sequence[Listing], source: Source) -> None:
    if not rows:
        return
    known = ListingRow.objects.filter(account=source.account, external_id__in={r.external_id for r in rows})
    ids = {(channel, external): pk for pk, channel, external in known.values_list("pk", "channel", "external_id")}
    told = [(ids[r.channel, r.external_id], issue) for r in rows for issue in r.issues or ()]
    table = Table(
        name=_ISSUE.name, columns=_ISSUE.columns, key=_ISSUE.key, newer=None,
        on_insert={"first_seen_at": source.at, "last_seen_at": source.at},
    )  # fmt: skip
    land(
        table,
        ((pk, i.code[:80], i.severity, i.message, list(i.attributes), i.is_blocking, True) for pk, i in told),
    )
    open_pairs = [f"{pk}:{issue.code[:80]}" for pk, issue in told]
    asked = [ids[r.channel, r.external_id] for r in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_listingissue SET is_open = false WHERE listing_id = ANY(%s) AND is_open"
            " AND NOT (listing_id || ':' || code = ANY(%s))",
            [asked, open_pairs],
        )


def _remember_prices(ids: list[int], source: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"ids": ids, "at": source.at})


def prices(rows: Sequence[Price], source: Source) -> Applied:
    """Set the price of known listings and keep its history; a price of an unknown listing changes nothing."""
    given = [
        {
            "channel": r.channel, "external_id": r.external_id, "price": str(r.price.amount),
            "sale_price": str(r.sale_price.amount) if r.sale_price else None, "currency": r.price.currency,
            "seen_at": (r.observed_at or source.at).isoformat(),
        }
        for r in rows
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PRICE, {"rows": json.dumps(given), "account": source.account.pk})
        changed = [pk for (pk,) in cursor.fetchall()]
    _remember_prices(changed, source)
    fresh = [r for r in rows if not r.observed_at or r.observed_at > source.at - ALLOWED_DELAY]
    told = (Shown(r.channel, r.external_id, "price", spelled("price", r.price.amount)) for r in fresh)
    drift.observe(source.account.pk, told, source.at)
    if changed:
        announce(listings_applied, account_id=source.account.pk, ids=changed)
    return Applied(tuple(changed), 0, len(changed), len(rows) - len(changed))


def offers(rows: Sequence[Offer], source: Source) -> Applied:
    """Keep each observation of who sells a product."""
    landed = land(_OFFER, (_offer(row, source) for row in rows))
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)


def _offer(row: Offer, source: Source) -> tuple[Any, ...]:
    competitors = [
        {
            "seller": c.seller, "price": str(c.price.amount),
            "shipping": str(c.shipping.amount) if c.shipping else None,
            "is_own": c.is_own, "is_featured": c.is_featured, "fulfilment": str(c.fulfilment),
        }
        for c in row.competitors
    ]  # fmt: skip
    money = row.featured_price or row.lowest_price
    return (
        source.account.pk, row.channel, remote_id(row.sku, row.product_ids), row.observed_at, row.is_featured_own,
        amount(row.featured_price), amount(row.lowest_price), money.currency if money else "", row.offer_count,
        competitors,
    )  # fmt: skip
