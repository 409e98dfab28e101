"""Order, order change, return and stock rows into tables, as sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from catalog.services import remote
from catalog.services.remote import Seen, remote_id
from config.core.bulk import Table, land
from config.core.events import announce
from inventory import landing, states
from inventory.landing import Place
from inventory.models import Order as OrderRow
from inventory.services import partials, pools, sales, stock_days
from inventory.services import stock as goods
from inventory.signals import order_events_applied, orders_applied, returns_applied, stock_applied
from marketplaces.canonical import ChangeKind, Order, OrderChange, OrderStatus, Rejected, Return, Stock
from marketplaces.services import gaps
from marketplaces.sinks import Applied, Source

_DELIVER = """
WITH arrived AS (
    SELECT o.id FROM inventory_order o
    WHERE o.account_id = %(account)s AND o.external_id = ANY(%(refs)s) AND o.status = 'shipped' AND EXISTS (
        SELECT FROM inventory_orderevent e
        WHERE e.account_id = o.account_id AND e.order_ref = o.external_id AND e.kind = 'delivered')
    ORDER BY o.id FOR UPDATE OF o
)
UPDATE inventory_order o SET status = 'delivered' FROM arrived WHERE arrived.id = o.id RETURNING o.id
"""
_VANISH = """
WITH told AS (
    SELECT o.id, o.changed_at, array_agg(given.line) AS lines
    FROM unnest(%(refs)s::text[], %(lines)s::text[], %(times)s::timestamptz[]) AS given(ref, line, at)
    JOIN inventory_order o ON o.external_id = given.ref AND o.changed_at = given.at
    WHERE o.account_id = %(account)s GROUP BY o.id
), gone AS (
    SELECT line.id, told.changed_at FROM told JOIN inventory_orderline line ON line.order_id = told.id
    WHERE line.changed_at < told.changed_at AND line.quantity_open > 0 AND line.external_id <> ALL(told.lines)
    ORDER BY line.id FOR UPDATE OF line
)
UPDATE inventory_orderline line
SET quantity_cancelled = line.quantity - line.quantity_shipped, changed_at = gone.changed_at
FROM gone WHERE gone.id = line.id RETURNING line.order_id
"""


def orders(rows: Sequence[Order], source: Source) -> Applied:
    """Upsert orders with their lines and tell their timeline; a row older than the stored one changes nothing."""
    account_id = source.account.pk
    rejected = tuple(filter(None, map(_broken_promise, rows)))
    refused = {r.external_id for r in rejected}
    good = [row for row in rows if row.external_id not in refused]
    former = _statuses(account_id, good)
    skus = remote.register(account_id, _products(good), seen_in=source.resource)
    landed = land(
        landing.ORDERS,
        (
            landing.order_values(r, states.merge(former.get(r.external_id, (0, None))[1], r.status), source)
            for r in good
        ),
    )
    stored = _statuses(account_id, good)
    lines = land(landing.LINES, _lines(good, stored, skus, account_id))
    vanished = _vanish(good, account_id)
    _timeline(good, former, stored, source)
    delivered = _deliver({row.external_id for row in good}, account_id)
    changed = sorted({*landed.changed_ids, *_orders_of(lines.changed_ids), *vanished, *delivered})
    if changed:
        goods.reserve_orders(account_id, changed)
        partials.tell_goods(account_id, changed)
        sales.roll_up_later(account_id, changed)
        announce(orders_applied, account_id=account_id, ids=changed)
    return Applied(tuple(changed), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged, rejected)


def _broken_promise(row: Order) -> Rejected | None:
    """Shipped + cancelled may not exceed what was ordered, and an order must say something was ordered."""
    for line in row.lines:
        if line.quantity_shipped + line.quantity_cancelled > line.quantity:
            reason = (
                f"line {line.external_id} of order {row.external_id}: {line.quantity_shipped} shipped and "
                f"{line.quantity_cancelled} cancelled of {line.quantity} ordered; read the order again, then replay"
            )
            return Rejected(reason, {"order": row.external_id, "line": line.external_id}, "invariant", row.external_id)
    return None


def _statuses(account_id: int, rows: Iterable[Order]) -> dict[str, tuple[int, str | None]]:
    found = OrderRow.objects.filter(account_id=account_id, external_id__in={r.external_id for r in rows})
    return {external: (pk, status) for external, pk, status in found.values_list("external_id", "pk", "status")}


def _products(rows: Iterable[Order]) -> list[Seen]:
    return [
        Seen(remote_id(line.sku, line.product_ids), line.title, line.product_ids) for row in rows for line in row.lines
    ]


def _lines(
    rows: Iterable[Order], stored: dict[str, tuple[int, str | None]], skus: dict[str, int | None], account_id: int
) -> Iterable[tuple[Any, ...]]:
    for row in rows:
        for line in row.lines:
            name = remote_id(line.sku, line.product_ids)
            place = Place(account_id, stored[row.external_id][0], name, skus.get(name))
            yield landing.line_values(row, line, place)


def _vanish(rows: Iterable[Order], account_id: int) -> list[int]:
    """Cancel what is open of lines that a newer version of their order no longer has; the ids of the orders touched.

    A version that tells no lines at all says nothing about them.
    """
    told = [(r.external_id, line.external_id, r.changed_at or r.ordered_at) for r in rows for line in r.lines]
    if not told:
        return []
    refs, lines, times = (list(column) for column in zip(*told, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_VANISH, {"account": account_id, "refs": refs, "lines": lines, "times": times})
        return [order_id for (order_id,) in cursor.fetchall()]


def _orders_of(line_ids: list[int]) -> list[int]:
    if not line_ids:
        return []
    return list(OrderRow.objects.filter(lines__in=line_ids).values_list("pk", flat=True).distinct())


def _timeline(
    rows: Sequence[Order], former: dict[str, Any], stored: dict[str, tuple[int, str | None]], source: Source
) -> None:
    """One event when an order is met, one when its status moves; and events that came before their order find it."""
    events = []
    for row in rows:
        order_id, status = stored[row.external_id]
        before = former.get(row.external_id, (0, None))[1]
        if before is None:
            events.append(_event(row, order_id, ChangeKind.CREATED, row.ordered_at, source))
        kind = states.EVENT_OF.get(OrderStatus(str(status)))
        if status != before and kind:
            events.append(_event(row, order_id, kind, row.changed_at or source.at, source))
    if events:
        land(landing.EVENTS, events)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_orderevent e SET order_id = o.id FROM inventory_order o WHERE e.order_id IS NULL"
            " AND e.account_id = %s AND o.account_id = e.account_id AND o.external_id = e.order_ref"
            " AND e.order_ref = ANY(%s)",
            [source.account.pk, [r.external_id for r in rows]],
        )


def _event(row: Order, order_id: int, kind: ChangeKind, at: Any, source: Source) -> tuple[Any, ...]:
    event_id = f"{source.resource}:{row.external_id}:{kind}"
    facts = {"status": str(row.status), "status_raw": row.status_raw}
    return (
        source.account.pk, event_id, order_id, row.external_id, kind, row.status_raw[:80], source.resource, at,
        source.at, facts,
    )  # fmt: skip


def order_changes(rows: Sequence[OrderChange], source: Source) -> Applied:
    """Keep each event once, and report orders that we do not know so that they are fetched by id."""
    account_id = source.account.pk
    known = dict(
        OrderRow.objects.filter(account_id=account_id, external_id__in={r.order_id for r in rows}).values_list(
            "external_id", "pk"
        )
    )
    landed = land(landing.EVENTS, (_change(row, known.get(row.order_id), source) for row in rows))
    missing = {row.order_id for row in rows if row.order_id} - known.keys()
    gaps.report_missing(source.account, "orders", missing, revealed_by=source.resource)
    delivered = _deliver({row.order_id for row in rows if row.kind is ChangeKind.DELIVERED}, account_id)
    if delivered:
        announce(orders_applied, account_id=account_id, ids=sorted(delivered))
    if landed.inserted_ids:
        announce(order_events_applied, account_id=account_id, ids=landed.inserted_ids)
    return Applied(tuple(landed.inserted_ids), len(landed.inserted_ids), 0, landed.unchanged)


def _change(row: OrderChange, order_id: int | None, source: Source) -> tuple[Any, ...]:
    facts = {
        "lines": list(row.line_ids), "carrier": row.carrier, "tracking_number": row.tracking_number,
        "shipment_id": row.shipment_id,
    }  # fmt: skip
    return (
        source.account.pk, row.external_id[:160], order_id, row.order_id, row.kind, row.kind_raw[:80], source.resource,
        row.happened_at, source.at, {k: v for k, v in facts.items() if v},
    )  # fmt: skip


def _deliver(refs: Iterable[str], account_id: int) -> list[int]:
    """Shipped orders with a delivered event are delivered, whichever of the two came first; the ids of those moved."""
    with connection.cursor() as cursor:
        cursor.execute(_DELIVER, {"account": account_id, "refs": sorted(refs)})
        return [pk for (pk,) in cursor.fetchall()]


def returns(rows: Sequence[Return], source: Source) -> Applied:
    """Upsert returns, and report orders that only a return speaks of."""
    account_id = source.account.pk
    names = [remote_id(r.sku, r.product_ids) for r in rows]
    seen = [Seen(name, "", r.product_ids) for name, r in zip(names, rows, strict=True)]
    skus = remote.register(account_id, seen, seen_in=source.resource)
    landed = land(
        landing.RETURNS,
        (
            landing.return_values(r, name=name, sku_id=skus.get(name), account_id=account_id)
            for r, name in zip(rows, names, strict=True)
        ),
    )
    told = {row.order_id for row in rows if row.order_id}
    known = OrderRow.objects.filter(account_id=account_id, external_id__in=told).values_list("external_id", flat=True)
    gaps.report_missing(source.account, "orders", told - set(known), revealed_by=source.resource)
    if landed.changed_ids:
        orders = OrderRow.objects.filter(account_id=account_id, external_id__in=told)
        order_ids = list(orders.values_list("pk", flat=True))
        partials.tell_goods(account_id, order_ids)
        sales.roll_up_later(account_id, order_ids)
        announce(returns_applied, account_id=account_id, ids=landed.changed_ids)
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)


def stock(rows: Sequence[Stock], source: Source) -> Applied:
    """Upsert stock levels per pool; a pool that is met for the first time becomes a warehouse of the account."""
    account_id = source.account.pk
    places = pools.places(source.account, {(row.pool, row.fulfilment) for row in rows})
    names = [remote_id(r.sku, r.product_ids) for r in rows]
    seen = [Seen(name, "", r.product_ids) for name, r in zip(names, rows, strict=True)]
    skus = remote.register(account_id, seen, seen_in=source.resource)
    table = Table(
        name="inventory_stocklevel", columns=landing.STOCK, key=("warehouse_id", "remote_id"),
        on_insert={"observed_at": source.at}, on_update={"observed_at": source.at},
    )  # fmt: skip
    landed = land(
        table,
        (
            landing.stock_values(r, warehouse_id=places[r.pool], name=name, sku_id=skus.get(name), at=source.at)
            for r, name in zip(rows, names, strict=True)
        ),
    )
    if landed.changed_ids:
        stock_days.observe(landed.changed_ids)
        announce(stock_applied, account_id=account_id, ids=landed.changed_ids)
    return Applied(tuple(landed.changed_ids), len(landed.inserted_ids), len(landed.updated_ids), landed.unchanged)
