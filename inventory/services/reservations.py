"""What orders hold of our stock: made when they land, settled when they ship, released when they are cancelled or expire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from config.core import clock
from inventory import reserving, selectors
from inventory.models import Reservation
from inventory.reserving import Claim, Lack, Line, Plan, Shelf, Want
from inventory.services import shelves

MOST_WAITING = 1_000
_SKUS = """
SELECT coalesce(part.component_id, line.sku_id) FROM inventory_orderline line
LEFT JOIN catalog_bundlepart part ON part.bundle_id = line.sku_id
WHERE line.order_id = ANY(%(orders)s) AND line.sku_id IS NOT NULL
UNION
SELECT claim.sku_id FROM inventory_reservation claim JOIN inventory_orderline line ON line.id = claim.order_line_id
WHERE line.order_id = ANY(%(orders)s)
"""
_LINES = """
SELECT line.id, line.account_id, part.sku_id,
    part.pieces * CASE WHEN o.fulfilment <> 'merchant' OR o.status NOT IN ('pending', 'to_ship', 'partially_shipped')
              OR (o.status = 'pending' AND o.ordered_at + hold.term <= %(now)s)
         THEN 0 ELSE line.quantity_open END,
    CASE WHEN part.pieces = 0 OR o.fulfilment <> 'merchant' THEN 0
         ELSE greatest(0, part.pieces * CASE WHEN o.status IN ('shipped', 'delivered')
             THEN line.quantity - line.quantity_cancelled ELSE line.quantity_shipped END - part.elsewhere) END,
    o.ordered_at, coalesce(lack.absorbed, 0), o.ordered_at < began.at, o.external_id, coalesce(line.shipped_at, line.changed_at),
    CASE WHEN o.status = 'pending' THEN o.ordered_at + hold.term END,
    coalesce(lack.missing, 0), coalesce(lack.unbacked, 0)
FROM inventory_orderline line JOIN inventory_order o ON o.id = line.order_id
JOIN marketplaces_account account ON account.id = o.account_id
CROSS JOIN LATERAL (
    SELECT sku_id, sum(pieces)::int AS pieces,
        coalesce(sum(CASE WHEN sum(pieces) = 0 THEN sum(booked) END) OVER (), 0)::int AS elsewhere
    FROM (
        SELECT component_id AS sku_id, quantity AS pieces, 0 AS booked FROM catalog_bundlepart WHERE bundle_id = line.sku_id
        UNION ALL SELECT line.sku_id, 1, 0 WHERE NOT EXISTS (SELECT FROM catalog_bundlepart WHERE bundle_id = line.sku_id)
        UNION ALL SELECT sku_id, 0, shipped FROM inventory_reservation WHERE order_line_id = line.id
        UNION ALL SELECT sku_id, 0, absorbed FROM inventory_shortage WHERE order_line_id = line.id
    ) AS told WHERE sku_id IS NOT NULL GROUP BY sku_id
) AS part
LEFT JOIN inventory_shortage lack ON lack.order_line_id = line.id AND lack.sku_id = part.sku_id
JOIN (SELECT account_id, min(starts_at) AS at FROM inventory_feed GROUP BY 1) AS began ON began.account_id = o.account_id
CROSS JOIN LATERAL (
    SELECT make_interval(hours => coalesce((SELECT hours FROM inventory_holdterm term
        WHERE term.marketplace IN (account.marketplace, '') ORDER BY term.marketplace DESC LIMIT 1), %(hours)s)) AS term
) AS hold
WHERE {which}
"""
"""One row per line and SKU. `part` is what a unit is packed from (a single SKU of itself), and with 0 pieces what the line had
under SKUs that it means no more; pieces booked `elsewhere`, under those, are not booked again.
"""
_OF_ORDERS = "line.order_id = ANY(%(orders)s)"
_WAITING = """line.id IN (SELECT order_line_id FROM inventory_shortage
    WHERE sku_id = ANY(%(skus)s) AND (missing > 0 OR unbacked > 0) ORDER BY since LIMIT %(most)s)
    AND part.sku_id = ANY(%(skus)s)"""
_CLAIMS = """
SELECT order_line_id, sku_id, warehouse_id, held, shipped FROM inventory_reservation WHERE order_line_id = ANY(%s)
ORDER BY order_line_id, reserved_at, warehouse_id
"""
_WRITE = """
INSERT INTO inventory_reservation (order_line_id, sku_id, warehouse_id, held, shipped, expires_at, reserved_at, changed_at)
SELECT line, sku, warehouse, held, shipped, expires, %(now)s, %(now)s
FROM unnest(%(line)s::bigint[], %(sku)s::bigint[], %(warehouse)s::bigint[], %(held)s::int[], %(shipped)s::int[],
    %(expires)s::timestamptz[]) AS given(line, sku, warehouse, held, shipped, expires)
ON CONFLICT (order_line_id, warehouse_id, sku_id)
DO UPDATE SET held = excluded.held, shipped = excluded.shipped, expires_at = excluded.expires_at, changed_at = %(now)s
"""
_SHIP = """
INSERT INTO inventory_stockmove (sku_id, warehouse_id, kind, quantity, reason, note, account_id, reference, key,
    happened_at, recorded_at, recorded_by)
SELECT sku, warehouse, 'shipment', -units, '', '', account, reference, key, at, %(now)s, 'order'
FROM unnest(%(sku)s::bigint[], %(warehouse)s::bigint[], %(units)s::int[], %(account)s::bigint[], %(reference)s::text[],
    %(key)s::text[], %(at)s::timestamptz[]) AS given(sku, warehouse, units, account, reference, key, at)
"""
_LACK = """
INSERT INTO inventory_shortage (order_line_id, account_id, sku_id, missing, unbacked, absorbed, since, changed_at)
SELECT line, account, sku, missing, unbacked, absorbed, %(now)s, %(now)s
FROM unnest(%(line)s::bigint[], %(account)s::bigint[], %(sku)s::bigint[], %(missing)s::int[], %(unbacked)s::int[],
    %(absorbed)s::int[]) AS given(line, account, sku, missing, unbacked, absorbed)
ON CONFLICT (order_line_id, sku_id) DO UPDATE SET missing = excluded.missing, unbacked = excluded.unbacked,
    absorbed = excluded.absorbed, changed_at = %(now)s,
    since = CASE WHEN inventory_shortage.missing + inventory_shortage.unbacked = 0 THEN %(now)s
                 ELSE inventory_shortage.since END
"""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a line wants of one SKU; and beside its units its order's name, when it left, until when it may wait."""

    line: Line
    reference: str
    left_at: datetime
    expires_at: datetime | None
    lacking: Lack


def settle(order_ids: Sequence[int]) -> dict[Shelf, int]:
    """Give the orders of our own goods what they need, whatever their lines say by now; what is free afterwards.

    Repeated it changes nothing. Orders of accounts that no warehouse of ours feeds are left alone.
    """
    feeds, is_published = shelves.feeds()
    if not feeds or not order_ids:
        return {}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SKUS, {"orders": list(order_ids)})
            skus = [sku for (sku,) in cursor.fetchall()]
        free = shelves.lock(skus)
        told = _told(_OF_ORDERS, orders=list(order_ids))
        made = _apply(told, free, feeds)
        left = serve_waiting(made.free, feeds)
        shelves.tell_offers(is_published)
    return left


def serve_waiting(free: dict[Shelf, int], feeds: reserving.Feeds) -> dict[Shelf, int]:
    """Give what is free on shelves that are locked to the lines that wait for it; what is free afterwards."""
    skus = sorted({sku for (sku, _), units in free.items() if units > 0})
    waiting = _told(_WAITING, skus=skus, most=MOST_WAITING) if skus else []
    return _apply(waiting, free, feeds).free if waiting else free


def expire() -> dict[str, int]:
    """Release what orders hold that were not paid for in time; an order that is paid later is served anew."""
    due = Reservation.objects.filter(held__gt=0, expires_at__lte=clock.now())
    orders = list(due.values_list("order_line__order", flat=True).distinct()[:5_000])
    settle(orders)
    return {"orders": len(orders)}


def _told(which: str, **given: Any) -> list[_Told]:
    policy = selectors.stock_policy()
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(which=which), {**given, "now": clock.now(), "hours": policy.hold_hours})
        return [
            _Told(Line(*row[:8]), row[8], row[9], row[10], Lack(row[11], row[12], row[6])) for row in cursor.fetchall()
        ]


def _apply(told: Sequence[_Told], free: dict[Shelf, int], feeds: reserving.Feeds) -> Plan:
    """Plan, then write in an order that never promises a unit before it is given back: less, gone, more, lacking."""
    claims = _claims({each.line.id for each in told})
    made = reserving.plan((each.line for each in told), claims, free, feeds)
    changed = [
        (each, shelf, claim, claim.held > claims.get(each.line.want, {}).get(shelf, Claim()).held)
        for each in told
        for shelf, claim in made.claims[each.line.want].items()
        if claim != claims.get(each.line.want, {}).get(shelf)
    ]
    _write([(each, shelf, claim) for each, shelf, claim, is_more in changed if not is_more])
    _ship(told, made)
    _write([(each, shelf, claim) for each, shelf, claim, is_more in changed if is_more])
    _lack([each for each in told if made.lacking[each.line.want] != each.lacking], made)
    return made


def _claims(line_ids: Iterable[int]) -> dict[Want, dict[Shelf, Claim]]:
    found: dict[Want, dict[Shelf, Claim]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMS, [list(line_ids)])
        for line, sku, warehouse, held, shipped in cursor.fetchall():
            found[line, sku][sku, warehouse] = Claim(held, shipped)
    return found


def _write(rows: Sequence[tuple[_Told, Shelf, Claim]]) -> None:
    _execute(
        _WRITE,
        [
            {
                "line": each.line.id, "sku": shelf[0], "warehouse": shelf[1], "held": claim.held,
                "shipped": claim.shipped, "expires": each.expires_at,
            }
            for each, shelf, claim in rows
        ],
    )  # fmt: skip


def _ship(told: Iterable[_Told], made: Plan) -> None:
    """One move per line and shelf; its key counts what has left in all, so that no unit leaves twice."""
    by_want = {each.line.want: each for each in told}
    _execute(
        _SHIP,
        [
            {
                "sku": shelf[0], "warehouse": shelf[1], "units": units, "account": by_want[want].line.account_id,
                "reference": by_want[want].reference, "at": by_want[want].left_at,
                "key": f"ship:{want[0]}:{shelf[0]}:{shelf[1]}:{made.claims[want][shelf].shipped}",
            }
            for (want, shelf), units in made.leaving.items()
        ],
    )  # fmt: skip


def _lack(told: Iterable[_Told], made: Plan) -> None:
    _execute(
        _LACK,
        [
            {
                "line": each.line.id, "account": each.line.account_id, "sku": each.line.sku_id,
                **asdict(made.lacking[each.line.want]),
            }
            for each in told
        ],
    )  # fmt: skip


def _execute(statement: str, rows: Sequence[dict[str, Any]]) -> None:
    """Run a statement over rows given as columns."""
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        with connection.cursor() as cursor:
            cursor.execute(statement, {**columns, "now": clock.now()})
