"""What each offer may show of our stock, computed as sets whenever stock, rules or buffers change, and wished for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from catalog.selectors import bundles_with, components
from catalog.services import publishing
from config.core import clock, work
from inventory import offering, selectors

SKUS_AT_ONCE = 2_000
DELAYS_OF = timedelta(days=7)
LEAST_DELAYS = 20
_TAKE = """
DELETE FROM inventory_staleoffer WHERE sku_id IN (
    SELECT sku_id FROM inventory_staleoffer ORDER BY since LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING sku_id, since
"""
_STALE = """
INSERT INTO inventory_staleoffer (sku_id, since) SELECT DISTINCT held.sku_id, %(now)s::timestamptz
FROM inventory_holding held WHERE {which} ORDER BY 1
ON CONFLICT (sku_id) DO UPDATE SET since = LEAST(inventory_staleoffer.since, excluded.since)
"""
_OFFERED = """
WITH shelf AS (
    SELECT feed.account_id, held.sku_id, sum(held.on_hand) AS on_hand, sum(held.reserved) AS reserved
    FROM inventory_holding held JOIN inventory_feed feed ON feed.warehouse_id = held.warehouse_id
    WHERE held.sku_id = ANY(%(shelves)s) GROUP BY 1, 2 HAVING bool_or(feed.is_publishing)
), bundle AS (
    SELECT shelf.account_id, part.bundle_id, count(*) AS parts,
        min(greatest(0, shelf.on_hand - shelf.reserved - coalesce(buffer.units, 0)) / part.quantity) AS units
    FROM catalog_bundlepart part JOIN shelf ON shelf.sku_id = part.component_id
    LEFT JOIN inventory_buffer buffer ON buffer.account_id = shelf.account_id AND buffer.sku_id = part.component_id
    WHERE part.bundle_id = ANY(%(skus)s) GROUP BY 1, 2
), stock AS (
    SELECT * FROM shelf WHERE sku_id <> ALL(%(bundles)s)
    UNION ALL SELECT account_id, bundle_id, units, 0 FROM bundle
    WHERE parts = (SELECT count(*) FROM catalog_bundlepart whole WHERE whole.bundle_id = bundle.bundle_id)
)
SELECT listing.id, listing.sku_id, last.units::int
FROM catalog_listing listing
JOIN stock ON stock.account_id = listing.account_id AND stock.sku_id = listing.sku_id
LEFT JOIN inventory_buffer buffer ON buffer.account_id = listing.account_id AND buffer.sku_id = listing.sku_id
CROSS JOIN LATERAL (
    SELECT max(value) FILTER (WHERE kind = 'safety') AS safety, max(value) FILTER (WHERE kind = 'percentage') AS share,
        max(value) FILTER (WHERE kind = 'maximum') AS most, max(value) FILTER (WHERE kind = 'fixed') AS fixed,
        max(value) FILTER (WHERE kind = 'priority') AS left_over, max(value) FILTER (WHERE kind = 'inbound') AS inbound,
        max(value) FILTER (WHERE kind = 'replenishable') AS least
    FROM (
        SELECT DISTINCT ON (kind) kind, value FROM (
            SELECT * FROM inventory_allocationrule WHERE listing_id = listing.id
            UNION ALL SELECT * FROM inventory_allocationrule WHERE sku_id = listing.sku_id AND listing_id IS NULL
            UNION ALL SELECT * FROM inventory_allocationrule WHERE sku_id IS NULL AND listing_id IS NULL
        ) AS near
        WHERE coalesce(account_id, listing.account_id) = listing.account_id AND channel IN ('', listing.channel)
            AND coalesce(sku_id, listing.sku_id) = listing.sku_id
        ORDER BY kind, (listing_id IS NOT NULL) DESC, (sku_id IS NOT NULL) DESC, (channel <> '') DESC,
            (account_id IS NOT NULL) DESC
    ) AS best
) AS rule
CROSS JOIN LATERAL (
    SELECT greatest(0, stock.on_hand - stock.reserved - coalesce(buffer.units, 0)
        + CASE WHEN rule.inbound > 0 THEN rule.inbound * (
            SELECT coalesce(sum(greatest(0, line.quantity - line.received)), 0) FROM inventory_inboundline line
            JOIN inventory_inboundshipment sent ON sent.id = line.shipment_id AND sent.state IN ('in_transit', 'receiving')
            JOIN inventory_feed feed ON feed.warehouse_id = sent.destination_id AND feed.account_id = listing.account_id
            WHERE line.sku_id = listing.sku_id) / 100 ELSE 0 END) AS units
) AS free
CROSS JOIN LATERAL (
    SELECT CASE WHEN free.units <= coalesce(rule.left_over, 0) THEN 0
        WHEN rule.fixed IS NOT NULL THEN least(free.units, rule.fixed)
        ELSE least(greatest(0, free.units - coalesce(rule.safety, 0)) * coalesce(rule.share, 100) / 100,
                   coalesce(rule.most, %(most)s)) END AS units
) AS shown
CROSS JOIN LATERAL (
    SELECT CASE WHEN EXISTS (SELECT FROM inventory_fulfilmentswitch switch
                             WHERE switch.listing_id = listing.id AND switch.state IN ('zeroing', 'enabling')) THEN 0
        ELSE least(greatest(shown.units, coalesce(rule.least, 0)), %(most)s) END AS units
) AS last
WHERE listing.fulfilment <> 'marketplace' AND listing.sku_id = ANY(%(skus)s)
"""
_BUFFERS = """
WITH sold AS (
    SELECT o.account_id, claim.sku_id, sum(claim.held + claim.shipped)::numeric / %(days)s AS per_day
    FROM inventory_order o JOIN inventory_orderline line ON line.order_id = o.id
    JOIN inventory_reservation claim ON claim.order_line_id = line.id
    WHERE o.ordered_at >= %(since)s AND o.fulfilment = 'merchant' GROUP BY 1, 2
), rivals AS (
    SELECT DISTINCT mine.account_id, other.account_id AS rival FROM inventory_feed mine
    JOIN inventory_feed other ON other.warehouse_id = mine.warehouse_id AND other.account_id <> mine.account_id
), others AS (
    SELECT rivals.account_id, sold.sku_id, sum(sold.per_day) AS per_day
    FROM rivals JOIN sold ON sold.account_id = rivals.rival GROUP BY 1, 2
), slow AS (
    SELECT account_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM confirmed_at - cause_at)) AS delay_s
    FROM catalog_offerchange WHERE confirmed_at IS NOT NULL AND cause_at >= %(measured_since)s
    GROUP BY 1 HAVING count(*) >= %(least)s
), told AS (
    SELECT others.account_id, others.sku_id, others.per_day, coalesce(ceil(slow.delay_s), %(usual)s)::int AS delay_s
    FROM others LEFT JOIN slow ON slow.account_id = others.account_id
), landed AS (
    INSERT INTO inventory_buffer AS stored (account_id, sku_id, units, per_day, delay_s, computed_at)
    SELECT account_id, sku_id, width_bucket((per_day * delay_s / 86400)::float8, %(bounds)s::float8[]), round(per_day, 4),
        delay_s, %(now)s
    FROM told ORDER BY 1, 2
    ON CONFLICT (account_id, sku_id) DO UPDATE SET units = excluded.units, per_day = excluded.per_day,
        delay_s = excluded.delay_s, computed_at = excluded.computed_at
    WHERE (stored.units, stored.per_day, stored.delay_s) IS DISTINCT FROM (excluded.units, excluded.per_day, excluded.delay_s)
    RETURNING sku_id
), gone AS (
    DELETE FROM inventory_buffer old WHERE NOT EXISTS (
        SELECT FROM told WHERE told.account_id = old.account_id AND told.sku_id = old.sku_id) RETURNING sku_id
)
SELECT sku_id FROM landed UNION SELECT sku_id FROM gone
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """What one listing may show."""

    listing_id: int
    sku_id: int
    units: int


def offered(sku_ids: Sequence[int]) -> list[Offered]:
    """What the listings of these SKUs may show, where we publish from our own stock.

    A listing whose SKU is not known, or lies on no shelf that feeds its account, is left out: it is never offered as
    zero, for nobody knows that there is none. A bundle can be packed as often as its scarcest component allows, each
    component less its own buffer; while one of them lies on no shelf, nobody knows how often.
    """
    parts = components(sku_ids=sku_ids)
    shelves = {*sku_ids, *(part for each in parts.values() for part in each)}
    given: dict[str, Any] = {
        "skus": list(sku_ids), "shelves": list(shelves), "bundles": list(parts), "most": offering.MOST_UNITS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED, given)
        return [Offered(*row) for row in cursor.fetchall()]


def offer() -> dict[str, int]:
    """Wish for the quantities of every offer whose stock changed; safe to run beside itself."""
    counts = {"skus": 0, "changed": 0}
    while taken := _wish():
        counts = {"skus": counts["skus"] + taken[0], "changed": counts["changed"] + taken[1]}
    return counts


def _wish() -> tuple[int, int] | None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [SKUS_AT_ONCE])
            since: dict[int, datetime] = dict(cursor.fetchall())
        if not since:
            return None
        taken = len(since)
        for bundle, part in bundles_with(sku_ids=list(since)):
            since[bundle] = min(since[part], since.get(bundle, since[part]))
        wishes = (
            publishing.Want(
                listing_id=each.listing_id, field="quantity", value=each.units, cause="stock changed",
                cause_at=since[each.sku_id],
            )
            for each in offered(list(since))
        )  # fmt: skip
        return taken, publishing.want(wishes)


def refresh(*, skus: Iterable[int] = (), warehouse: int | None = None, everything: bool = False) -> None:
    """Have offers computed again though no stock moved: of some SKUs (bundles by their components), of a warehouse, or of all."""
    which = "TRUE" if everything else "held.sku_id = ANY(%(skus)s) OR held.warehouse_id = %(warehouse)s"
    wanted = set(skus)
    if not wanted and warehouse is None and not everything:
        return
    wanted |= {part for each in components(sku_ids=wanted).values() for part in each}
    given: dict[str, Any] = {"skus": list(wanted), "warehouse": warehouse, "now": clock.now()}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_STALE.format(which=which), given)
        work.later("inventory.offer")


def compute_buffers() -> dict[str, int]:
    """Measure demand and delays again and hold back what they ask for (F-23)."""
    policy, now = selectors.stock_policy(), clock.now()
    given: dict[str, Any] = {
        "days": policy.demand_days, "since": now - timedelta(days=policy.demand_days), "now": now,
        "measured_since": now - DELAYS_OF, "least": LEAST_DELAYS, "usual": policy.usual_delay_s,
        "bounds": list(offering.carried(float(policy.oversell_target))),
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BUFFERS, given)
        changed = [sku for (sku,) in cursor.fetchall()]
        if changed:
            refresh(skus=changed)
    return {"changed": len(changed)}
