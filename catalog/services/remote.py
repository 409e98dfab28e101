"""Names that accounts use for our products: met, linked by rule or by a person, unlinked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from catalog.models import RemoteProduct, RemoteState, Sku, SkuKind
from catalog.signals import products_linked, products_unmapped
from config.core import clock, work
from config.core.bulk import Table, land
from config.core.events import announce
from marketplaces.canonical import ProductId

_LINK = """
WITH fresh AS (
    SELECT id, remote_id, product_ids FROM catalog_remoteproduct
    WHERE account_id = %(account)s AND state IN ('open', 'ambiguous')
      AND (%(every)s OR remote_id = ANY(%(names)s))
), candidates AS (
    SELECT fresh.id, coalesce(sku.merged_into_id, sku.id) AS sku_id, 1 AS tier, 'same SKU code' AS reason
    FROM fresh JOIN catalog_sku sku ON sku.code = fresh.remote_id AND sku.kind <> 'parent'
    UNION
    SELECT fresh.id, known.sku_id, 2, 'same ' || known.kind
    FROM fresh CROSS JOIN LATERAL jsonb_to_recordset(fresh.product_ids) AS named(kind text, value text)
    JOIN catalog_identifier known ON known.kind = named.kind AND known.value = named.value
), best AS (
    SELECT id, min(sku_id) AS sku_id, count(DISTINCT sku_id) AS skus, min(reason) AS reason
    FROM (SELECT *, min(tier) OVER (PARTITION BY id) AS best_tier FROM candidates) AS ranked
    WHERE tier = best_tier GROUP BY id
)
UPDATE catalog_remoteproduct AS remote SET
    state = CASE WHEN best.skus = 1 THEN 'linked' ELSE 'ambiguous' END,
    sku_id = CASE WHEN best.skus = 1 THEN best.sku_id END,
    reason = CASE WHEN best.skus = 1 THEN best.reason ELSE best.skus || ' SKUs carry this id' END,
    linked_by = CASE WHEN best.skus = 1 THEN 'rule' ELSE '' END, updated_at = %(now)s
FROM best WHERE best.id = remote.id
RETURNING remote.id, remote.state
"""
_LEARN = """
WITH poor AS (
    SELECT stored.id, given.title, given.product_ids FROM catalog_remoteproduct stored
    JOIN jsonb_to_recordset(%(given)s::jsonb) AS given(remote_id text, title text, product_ids jsonb)
        ON given.remote_id = stored.remote_id
    WHERE stored.account_id = %(account)s AND ((stored.product_ids = '[]' AND given.product_ids <> '[]')
        OR (stored.title = '' AND given.title <> ''))
    ORDER BY stored.id FOR UPDATE OF stored
)
UPDATE catalog_remoteproduct AS stored SET
    title = CASE WHEN stored.title = '' THEN poor.title ELSE stored.title END,
    product_ids = CASE WHEN stored.product_ids = '[]' THEN poor.product_ids ELSE stored.product_ids END,
    updated_at = %(now)s
FROM poor WHERE poor.id = stored.id
RETURNING stored.remote_id
"""
_INHERIT = """
UPDATE catalog_remoteproduct AS renamed SET sku_id = stored.sku_id, state = 'linked', linked_by = 'rule',
    reason = left('renamed from ' || stored.remote_id, 200), updated_at = %(now)s
FROM jsonb_to_recordset(%(told)s::jsonb) AS told(channel text, external_id text, remote_id text)
JOIN catalog_listing stored ON stored.account_id = %(account)s AND stored.channel = told.channel
    AND stored.external_id = told.external_id
WHERE renamed.account_id = %(account)s AND renamed.remote_id = told.remote_id AND renamed.state IN ('open', 'ambiguous')
  AND stored.sku_id IS NOT NULL AND stored.remote_id <> told.remote_id
RETURNING renamed.id, renamed.remote_id, renamed.sku_id
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A name met in some row of an account."""

    remote_id: str
    title: str = ""
    product_ids: tuple[ProductId, ...] = ()


def remote_id(sku: str, product_ids: Sequence[ProductId]) -> str:
    """How we call a remote product: the seller's SKU there, else `<kind>:<value>` of its first id, else nothing."""
    if sku:
        return sku
    return f"{product_ids[0].kind}:{product_ids[0].value}" if product_ids else ""


def register(account_id: int, seen: Iterable[Seen], *, seen_in: str) -> dict[str, int | None]:
    """Make sure every name is known, link new ones by rule, and return the SKU id of each (None: not linked).

    A known name without a title or ids takes those told now, and is tried by the rules again.
    """
    richest_last = sorted(seen, key=lambda item: (bool(item.product_ids), bool(item.title)))
    by_name = {item.remote_id: item for item in richest_last if item.remote_id}
    now = clock.now()
    rows = (
        (account_id, item.remote_id, item.title[:300], ids_as_json(item.product_ids), seen_in)
        for item in by_name.values()
    )
    defaults = {
        "state": "open",
        "reason": "",
        "linked_by": "",
        "first_seen_at": now,
        "created_at": now,
        "updated_at": now,
    }
    table = Table(
        name="catalog_remoteproduct",
        columns=("account_id", "remote_id", "title", "product_ids", "seen_in"),
        key=("account_id", "remote_id"),
        update=(),
        newer=None,
        on_insert=defaults,
    )
    landed = land(table, rows)
    learned = _learn(account_id, by_name.values())
    if landed.inserted_ids or learned:
        link_by_rule(account_id, list(by_name))
    if landed.inserted_ids:
        _tell_unmapped(account_id, landed.inserted_ids)
    found = RemoteProduct.objects.filter(account_id=account_id, remote_id__in=by_name)
    return dict(found.values_list("remote_id", "sku_id"))


def _learn(account_id: int, seen: Iterable[Seen]) -> list[str]:
    """Fill titles and ids that are stored empty; the names that gained something."""
    given = [
        {"remote_id": item.remote_id, "title": item.title[:300], "product_ids": ids_as_json(item.product_ids)}
        for item in seen
        if item.title or item.product_ids
    ]
    if not given:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, {"given": json.dumps(given), "account": account_id, "now": clock.now()})
        return [name for (name,) in cursor.fetchall()]


def ids_as_json(product_ids: Iterable[ProductId]) -> list[dict[str, str]]:
    return [{"kind": str(p.kind), "value": p.value} for p in product_ids]


def link_by_rule(account_id: int, names: Sequence[str] | None = None) -> list[int]:
    """Link open names whose SKU code, else a product id, points to exactly one SKU; several leave it ambiguous."""
    given: dict[str, Any] = {
        "account": account_id,
        "every": names is None,
        "names": list(names or []),
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINK, given)
        linked = [row[0] for row in cursor.fetchall() if row[1] == RemoteState.LINKED]
    if linked:
        _spread(account_id, linked)
    return linked


def relink(account_id: int) -> dict[str, int]:
    """Try the rules again for all names of an account that wait, because SKUs or identifiers may have been added."""
    with transaction.atomic():
        return {"linked": len(link_by_rule(account_id))}


def inherit(account_id: int, told: Sequence[dict[str, str]]) -> dict[str, int | None]:
    """The SKU of each new name under which a linked listing (`channel`, `external_id`) appears; no rule knew the name."""
    if not told:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_INHERIT, {"account": account_id, "told": json.dumps(told), "now": clock.now()})
        found = cursor.fetchall()
    if found:
        _spread(account_id, [pk for pk, _, _ in found])
    return {name: sku_id for _, name, sku_id in found}


def link(remote: RemoteProduct, sku: Sku, *, by: str, instead_of: Sku | None = None) -> RemoteProduct:
    """A person says which SKU a name means; everything that was parked for it is processed again.

    A name that means a SKU is given to another only by who says which one it meant (`instead_of`).
    """
    if sku.is_retired:
        raise ValidationError(f"{sku.code} is retired; choose a SKU that is sold")
    if sku.kind == SkuKind.PARENT:
        raise ValidationError(f"{sku.code} only carries variants; choose one of them")
    with transaction.atomic():
        remote.refresh_from_db(from_queryset=RemoteProduct.objects.select_for_update(of=("self",)))
        if remote.sku and remote.sku not in (sku, instead_of):
            raise ValidationError(f"{remote.remote_id} means {remote.sku.code} already; say that it is given up")
        remote.sku, remote.state, remote.linked_by, remote.reason = sku, RemoteState.LINKED, by, "linked by hand"
        remote.save()
        _spread(remote.account_id, [remote.pk])
    return remote


def ignore(remote: RemoteProduct, *, by: str, reason: str) -> RemoteProduct:
    """A person says that this name is none of ours; its rows stay, without a SKU."""
    if not reason:
        raise ValidationError("say why this product is ignored")
    remote.sku, remote.state, remote.linked_by, remote.reason = None, RemoteState.IGNORED, by, reason
    remote.save()
    announce(products_linked, account_id=remote.account_id, ids=[remote.pk])
    return remote


def _spread(account_id: int, ids: list[int]) -> None:
    """Carry new links to every table that named the product, then tell."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_listing l SET sku_id = r.sku_id FROM catalog_remoteproduct r WHERE r.id = ANY(%s)"
            " AND l.account_id = r.account_id AND l.remote_id = r.remote_id AND l.sku_id IS DISTINCT FROM r.sku_id",
            [ids],
        )
        cursor.execute(
            "SELECT DISTINCT f.listing_id FROM catalog_offerfield f JOIN catalog_listing l ON l.id = f.listing_id"
            " JOIN catalog_remoteproduct r ON r.account_id = l.account_id AND r.remote_id = l.remote_id WHERE r.id = ANY(%s)"
            " ORDER BY 1",
            [ids],
        )
        wanted = [pk for (pk,) in cursor.fetchall()]
    if wanted:
        work.later("catalog.compare", account_id=account_id, listing_ids=wanted, cause="after linking")
    work.later("inventory.reprocess_parked", account_id=account_id, remote_ids=sorted(ids))
    announce(products_linked, account_id=account_id, ids=ids)


def _tell_unmapped(account_id: int, ids: Sequence[int]) -> None:
    still = RemoteProduct.objects.filter(pk__in=ids).exclude(state=RemoteState.LINKED).values_list("pk", flat=True)
    if still:
        announce(products_unmapped, account_id=account_id, ids=list(still))
