"""Matching as sets, inside the database: the matches of some statements are deleted and built again.

The rule is that of `reconciliation.match`, which a property test compares with this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from finance import chains
from finance.classes import AMOUNTS, SOFT

MANY = 10_000
"""More lines than these are joined by hashing; fewer are looked up one by one, however much history stands."""
_ITEM = (
    "inventory_orderline item ON (item.account_id = ANY(%(accounts)s)) IS TRUE AND item.account_id = line.account_id"
)
"""Only the accounts at hand are hashed. IS TRUE keeps it from an index on them, which reads the table in random order."""
_DELETE = """
DELETE FROM finance_match USING finance_settlementline line
WHERE line.id = finance_match.settlement_line_id AND line.settlement_id = ANY(%(ids)s)
"""
_EXACT = f"""
INSERT INTO finance_match (settlement_line_id, part, order_line_id, layer, reason, amount)
SELECT line.id, 1, item.id,
    CASE line.home WHEN 'order' THEN 1 WHEN 'quarantine' THEN 7 ELSE 6 END,
    CASE line.home WHEN 'order' THEN 'line_id' WHEN 'quarantine' THEN 'no_ledger' ELSE 'ledger' END, line.amount
FROM finance_settlementline line
LEFT JOIN {_ITEM} AND line.home = 'order' AND line.line_ref <> ''
    AND item.order_ref = line.order_ref AND item.external_id = line.line_ref
    AND (item.remote_id = line.remote_id OR NOT CASE WHEN line.remote_id <> '' THEN EXISTS (
            SELECT FROM inventory_orderline other WHERE other.account_id = line.account_id
                AND other.order_ref = line.order_ref AND other.remote_id = line.remote_id)
        ELSE EXISTS (SELECT FROM finance_settlementline told JOIN inventory_orderline other
                ON other.account_id = told.account_id AND other.order_ref = told.order_ref
                AND other.remote_id = told.remote_id
            WHERE told.account_id = line.account_id AND told.order_ref = line.order_ref AND told.order_ref <> ''
                AND told.line_ref = line.line_ref AND told.remote_id NOT IN ('', item.remote_id)) END)
WHERE line.settlement_id = ANY(%(ids)s) AND (line.home NOT IN ('order', 'shipment') OR item.id IS NOT NULL)
ORDER BY line.id
"""  # noqa: S608 - constant text
_WANTED = """line.id, line.account_id, line.settlement_id, line.home, line.line_class, line.amount, line.currency,
    line.order_ref, line.line_ref, line.shipment_ref, line.reference, line.remote_id, line.quantity, line.posted_at,
    CASE WHEN line.product_ids <> '[]' THEN jsonb_build_array(line.product_ids -> 0) END AS product,
    line.remote_id <> '' OR line.product_ids <> '[]' AS names_product
FROM finance_settlementline line WHERE line.settlement_id = ANY(%(ids)s)"""
_NAMES_ITEM = "line.home = 'order' AND line.line_ref = '' AND line.remote_id <> '' AND line.product_ids = '[]'"
_PENDING = f"""
CREATE TEMPORARY TABLE pending ON COMMIT DROP AS
SELECT {_WANTED} AND (line.home = 'shipment' OR (line.home = 'order' AND line.line_ref = '')) AND NOT ({_NAMES_ITEM})
"""
_PRODUCT = f"""
WITH counted AS MATERIALIZED (
    SELECT line.id, line.amount, count(item.id) AS items, min(item.id) AS item_id
    FROM finance_settlementline line LEFT JOIN {_ITEM}
        AND item.order_ref = line.order_ref AND item.remote_id = line.remote_id
    WHERE line.settlement_id = ANY(%(ids)s) AND {_NAMES_ITEM} GROUP BY line.id
), named AS (
    INSERT INTO finance_match (settlement_line_id, part, order_line_id, layer, reason, amount)
    SELECT id, 1, item_id, 2, 'product', amount FROM counted WHERE items = 1 ORDER BY id RETURNING 1
), others AS (
    INSERT INTO pending SELECT {_WANTED} AND line.id IN (SELECT id FROM counted WHERE items <> 1) RETURNING 1
) SELECT (SELECT count(*) FROM named), (SELECT count(*) FROM others)
"""  # noqa: S608 - constant text
_NAMED_IN_VAIN = f"""
INSERT INTO pending SELECT {_WANTED} AND line.home = 'order' AND line.line_ref <> ''
    AND NOT EXISTS (SELECT FROM finance_match found WHERE found.settlement_line_id = line.id)
"""  # noqa: S608 - constant text
_FIT = """
WITH fits AS MATERIALIZED (
    SELECT p.id, item.id AS item_id,
        (p.remote_id <> '' AND item.remote_id = p.remote_id) OR coalesce(named.sku_id = item.sku_id, false)
            OR coalesce(known.product_ids @> p.product, false) AS product,
        coalesce(abs(p.quantity) IN (item.quantity, item.quantity_shipped), false) AS quantity,
        (NOT p.names_product OR item.remote_id = p.remote_id OR p.product IS NOT NULL)
            AND coalesce({distance} <= 0.01, false) AS amount
    FROM pending p
    JOIN inventory_orderline item ON item.account_id = p.account_id AND item.order_ref = p.order_ref
    LEFT JOIN catalog_remoteproduct known
        ON p.product IS NOT NULL AND known.account_id = item.account_id AND known.remote_id = item.remote_id
    LEFT JOIN catalog_identifier named
        ON named.kind = p.product -> 0 ->> 'kind' AND named.value = p.product -> 0 ->> 'value'
), counted AS (
    SELECT id, count(*) AS items, min(item_id) AS only_item,
        count(*) FILTER (WHERE product) AS products, min(item_id) FILTER (WHERE product) AS by_product,
        count(*) FILTER (WHERE product AND quantity) AS quantities,
        min(item_id) FILTER (WHERE product AND quantity) AS by_quantity,
        count(*) FILTER (WHERE product AND amount) AS product_amounts,
        min(item_id) FILTER (WHERE product AND amount) AS by_product_amount,
        count(*) FILTER (WHERE amount) AS amounts, min(item_id) FILTER (WHERE amount) AS by_amount
    FROM fits GROUP BY id
), judged AS (
    SELECT p.id AS line_id, p.amount AS money, c.*, CASE
        WHEN names_product AND products = 1 THEN 'product'
        WHEN names_product AND products > 1 AND quantities = 1 THEN 'product_quantity'
        WHEN names_product AND products > 1 AND product_amounts = 1 THEN 'product_amount'
        WHEN NOT names_product AND amounts = 1 THEN 'amount'
        WHEN NOT names_product AND items = 1 THEN 'only_line'
        WHEN items > 0 THEN 'no_line' WHEN p.home = 'shipment' THEN 'ledger'
        WHEN p.line_class = ANY(%(soft)s) THEN 'not_an_order' ELSE 'no_order' END AS reason
    FROM pending p LEFT JOIN counted c ON c.id = p.id
)
INSERT INTO finance_match (settlement_line_id, part, order_line_id, layer, reason, amount)
SELECT line_id, 1,
    CASE reason WHEN 'product' THEN by_product WHEN 'product_quantity' THEN by_quantity
        WHEN 'product_amount' THEN by_product_amount WHEN 'amount' THEN by_amount WHEN 'only_line' THEN only_item END,
    CASE WHEN reason LIKE 'product%%' THEN 2 WHEN reason IN ('amount', 'only_line') THEN 3
        WHEN reason IN ('not_an_order', 'ledger') THEN 6 ELSE 7 END,
    reason, money
FROM judged ORDER BY line_id
"""
_EVENT = """
UPDATE finance_match SET order_line_id = event.item_id, layer = 3, reason = 'same_event'
FROM pending p JOIN (
    SELECT told.settlement_id, told.order_ref, told.line_ref, told.posted_at, min(found.order_line_id) AS item_id
    FROM pending told JOIN finance_match found ON found.settlement_line_id = told.id
    WHERE found.reason = 'amount' AND told.line_ref <> ''
    GROUP BY 1, 2, 3, 4 HAVING count(DISTINCT found.order_line_id) = 1
) AS event ON event.settlement_id = p.settlement_id AND event.order_ref = p.order_ref
    AND event.line_ref = p.line_ref AND event.posted_at IS NOT DISTINCT FROM p.posted_at
WHERE finance_match.settlement_line_id = p.id AND finance_match.reason = 'no_line' AND NOT p.names_product
    AND p.line_ref <> ''
"""
_LOOSE = """
CREATE TEMPORARY TABLE loose ON COMMIT DROP AS
SELECT p.*, found.reason, CASE WHEN p.home = 'shipment' THEN p.home WHEN found.layer = 7 THEN 'quarantine' ELSE 'account' END
    AS parked, CASE WHEN p.shipment_ref <> '' OR found.reason = 'no_line' THEN p.shipment_ref ELSE p.order_ref END AS shipment
FROM pending p JOIN finance_match found ON found.settlement_line_id = p.id AND found.order_line_id IS NULL
"""
_IS_PLACED = """(SELECT bool_or(found.order_line_id IS NOT NULL) FROM finance_match found
    WHERE found.settlement_line_id = line.id)"""
_PARKED = f"""
UPDATE finance_settlementline line SET scope = loose.parked FROM loose
WHERE line.id = loose.id AND line.scope <> loose.parked AND NOT {_IS_PLACED}
"""  # noqa: S608 - constant text
_PLACED = f"""
UPDATE finance_settlementline line SET scope = 'order'
WHERE line.settlement_id = ANY(%(ids)s) AND line.home = 'order' AND line.scope <> 'order' AND {_IS_PLACED}
"""  # noqa: S608 - constant text
_CHAINED = f"""
UPDATE finance_settlementline line SET scope = 'order' FROM pending p
WHERE line.id = p.id AND p.home = 'shipment' AND line.scope <> 'order' AND {_IS_PLACED}
"""  # noqa: S608 - constant text
_EXTENT = """
SELECT (SELECT count(*) FROM finance_settlementline WHERE settlement_id = ANY(%(ids)s)),
    ARRAY(SELECT DISTINCT account_id FROM finance_settlement WHERE id = ANY(%(ids)s))
"""


class MatchesDoNotAddUp(RuntimeError):
    """Some line got no match; nothing of the run is kept."""


def rebuild(settlement_ids: Sequence[int]) -> None:
    """Match every line of these statements anew, in one transaction; repeated, it gives the same.

    Each line gets one part with its whole amount, but a charge of a whole order so many as it is spread over.
    """
    given: dict[str, Any] = {"ids": list(settlement_ids), "soft": list(SOFT)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(_EXTENT, given)
        lines, given["accounts"] = cursor.fetchone()
        _choose(cursor, hashing=lines > MANY, looking_up=lines <= MANY)
        cursor.execute(_DELETE, given)
        matched = _write(cursor, given, _EXACT)
        waiting = _write(cursor, given, _PENDING)
        cursor.execute(_PRODUCT, given)
        named, others = cursor.fetchone()
        matched += named
        if matched + waiting + others < lines:
            cursor.execute(_NAMED_IN_VAIN, given)
        _choose(cursor, hashing=True, looking_up=lines - matched <= MANY)
        cursor.execute("ANALYZE pending (account_id, order_ref, remote_id)")
        matched += _write(cursor, given, _FIT.format(distance=_amount_distance()))
        cursor.execute(_EVENT, given)
        cursor.execute(_LOOSE, given)
        if cursor.rowcount:
            cursor.execute("ANALYZE loose")
            chains.follow(cursor, given, distance=_amount_distance())
        _choose(cursor, hashing=True, looking_up=True)
        _write(cursor, given, _PARKED, _PLACED, _CHAINED)
        chains.decide(cursor, given)
        cursor.execute("DROP TABLE pending, loose")
        if matched != lines:
            raise MatchesDoNotAddUp(f"statements {list(settlement_ids)[:5]}: {matched} matches for {lines} lines")


def _write(cursor: Any, given: dict[str, Any], *statements: str) -> int:
    """Run them in turn; how many rows they wrote together."""
    written = 0
    for statement in statements:
        cursor.execute(statement, given)
        written += cursor.rowcount
    return written


def _choose(cursor: Any, *, hashing: bool, looking_up: bool) -> None:
    """How rows may be joined until the next choice, whatever the planner believes of tables that grow meanwhile."""
    for name, is_on in (("nestloop", looking_up), ("hashjoin", hashing), ("mergejoin", hashing)):
        cursor.execute(f"SET LOCAL enable_{name} = {'on' if is_on else 'off'}")


def _amount_distance() -> str:
    """How far a statement line's amount is from the nearest amount of an order line that its class may repeat."""
    columns = {"net_total": "item.item_total - item.tax"}
    groups: dict[tuple[str, ...], list[str]] = {}
    for line_class, names in AMOUNTS.items():
        groups.setdefault(names, []).append(line_class.value)
    cases = [
        "WHEN p.line_class IN ({}) THEN least({})".format(
            ", ".join(f"'{name}'" for name in classes),
            ", ".join(f"abs(abs(p.amount) - nullif(abs({columns.get(n, f'item.{n}')}), 0))" for n in names),
        )
        for names, classes in groups.items()
    ]
    return f"CASE {' '.join(cases)} END"
