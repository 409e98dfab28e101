"""What marketplaces refused is remembered per kind of product, and not sent a second time until a person waives it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from hashlib import md5
from typing import Protocol

from django.db import connection

from catalog.models import LearnedRule
from config.core import clock

REFUSED_BEFORE = "the marketplace refused this before"
LONGEST = 600
"""Bytes of a value that is remembered as it is; of a longer one its beginning and a digest stand for it."""
_LEARN = f"""
INSERT INTO catalog_learnedrule AS known
    (marketplace, product_type, field, value, reason, seen, first_seen_at, last_seen_at, is_waived, waived_by, note)
SELECT account.marketplace, coalesce(product.category, ''), f.field,
       CASE WHEN octet_length(f.sent) > {LONGEST} THEN left(f.sent, 80) || '… ' || md5(f.sent) ELSE f.sent END,
       max(c.reason), count(*), %(now)s, %(now)s,
       false, '', ''
FROM catalog_offerfield f
JOIN marketplaces_command c ON c.id = f.command_id
JOIN marketplaces_account account ON account.id = f.account_id
JOIN catalog_listing l ON l.id = f.listing_id
LEFT JOIN catalog_sku sku ON sku.id = l.sku_id
LEFT JOIN catalog_product product ON product.id = sku.product_id
WHERE c.id = ANY(%(commands)s) AND c.state = 'rejected' AND f.sent IS NOT NULL AND f.field <> 'quantity'
  AND c.offer_seen_at IS NOT NULL
GROUP BY 1, 2, 3, 4
ON CONFLICT (marketplace, product_type, field, value) DO UPDATE SET
    seen = known.seen + excluded.seen, last_seen_at = excluded.last_seen_at, reason = excluded.reason
"""  # noqa: S608


class Wanted(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def field(self) -> str: ...
    @property
    def wanted(self) -> str: ...
    @property
    def product_type(self) -> str: ...


def learn(command_ids: Sequence[int]) -> None:
    """Remember the refused values of these writes. Units are not learned: how many are right changes by the hour."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, {"commands": list(command_ids), "now": clock.now()})


def remembered(value: str) -> str:
    """How a refused value is kept; the database does the same."""
    text = value.encode()
    return f"{value[:80]}… {md5(text, usedforsecurity=False).hexdigest()}" if len(text) > LONGEST else value


def known_refusals(marketplace: str, deltas: Sequence[Wanted]) -> dict[int, str]:
    """Why each of these would be refused again, by its id; those with nothing against them are left out."""
    values = {remembered(delta.wanted) for delta in deltas if delta.field != "quantity"}
    if not values:
        return {}
    rules = LearnedRule.objects.filter(marketplace=marketplace, is_waived=False, value__in=values)
    reasons = {(rule.product_type, rule.field, rule.value): rule.reason for rule in rules}
    found = {delta.id: reasons.get((delta.product_type, delta.field, remembered(delta.wanted))) for delta in deltas}
    return {pk: f"{REFUSED_BEFORE} for such a product: {reason}" for pk, reason in found.items() if reason is not None}


def refused(marketplaces: Collection[str], field: str) -> dict[tuple[str, str], dict[str, str]]:
    """By marketplace and kind of product, each value of a field that was refused and is not waived, with the reason."""
    rules = LearnedRule.objects.filter(marketplace__in=marketplaces, field=field, is_waived=False)
    found: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for rule in rules:
        found[rule.marketplace, rule.product_type][rule.value] = rule.reason
    return dict(found)
