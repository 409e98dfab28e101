"""Layers 4, 5 and 8 of the matching, inside the database: other documents, charges of a whole order, people's decisions.

The first two look only at what the layers before them left over. A chain must lead to exactly one order line, of the order and
of the product that the statement line names, if it names any. Evidence are lines that were matched by their own id or
product, events of the order, and its returns. The plain rule is `reconciliation.match`.
"""

from __future__ import annotations

from typing import Any

from config.core.money import odd_minor_units
from finance.classes import OF_REFUND, REFUNDS, WHOLE_ORDER

_CHAIN = """
WITH hints AS (
    SELECT l.id, 1 AS place, 'shipment' AS reason, found.order_line_id AS item_id FROM loose l
    JOIN finance_settlementline told ON told.account_id = l.account_id AND told.shipment_ref = l.shipment
        AND told.shipment_ref <> ''
    JOIN finance_match found ON found.settlement_line_id = told.id AND found.layer IN (1, 2)
    UNION ALL
    SELECT l.id, 1, 'shipment', item.id FROM loose l
    JOIN inventory_orderevent event ON event.account_id = l.account_id AND event.order_ref = l.order_ref
        AND event.facts ->> 'shipment_id' = l.shipment
    JOIN inventory_orderline item ON item.account_id = l.account_id AND item.order_ref = l.order_ref
        AND event.facts -> 'lines' @> to_jsonb(item.external_id)
    WHERE l.shipment <> ''
    UNION ALL
    SELECT l.id, 2, 'return', item.id FROM loose l
    JOIN inventory_return back ON back.account_id = l.account_id AND back.order_ref = l.order_ref
    JOIN inventory_orderline item ON item.account_id = l.account_id AND item.order_ref = l.order_ref
        AND (item.external_id = back.line_ref OR (back.line_ref = '' AND item.remote_id = back.remote_id))
    CROSS JOIN LATERAL (SELECT l.* ) AS p
    WHERE (l.reference <> '' AND back.external_id = l.reference)
        OR (l.line_class = ANY(%(refunds)s) AND coalesce({distance} <= 0.01, false))
    UNION ALL
    SELECT l.id, 3, 'same_group', found.order_line_id FROM loose l
    JOIN finance_settlementline told ON told.account_id = l.account_id AND told.order_ref = l.order_ref
        AND told.order_ref <> '' AND ((told.reference = l.reference AND l.reference <> '')
            OR (told.line_ref = l.line_ref AND l.line_ref <> ''))
    JOIN finance_match found ON found.settlement_line_id = told.id AND found.layer IN (1, 2)
), led AS (
    SELECT hints.id, place, hints.reason, min(item_id) AS item_id FROM hints JOIN loose l ON l.id = hints.id
    JOIN inventory_orderline item ON item.id = hints.item_id
    WHERE (l.reason <> 'no_line' OR item.order_ref = l.order_ref)
        AND (NOT l.names_product OR (item.remote_id = l.remote_id AND item.remote_id <> ''))
    GROUP BY 1, 2, 3 HAVING count(DISTINCT item_id) = 1
), chosen AS (SELECT DISTINCT ON (id) id, reason, item_id FROM led ORDER BY id, place
), chained AS (
    UPDATE finance_match SET order_line_id = chosen.item_id, layer = 4, reason = chosen.reason
    FROM chosen WHERE finance_match.settlement_line_id = chosen.id RETURNING chosen.id
) DELETE FROM loose USING chained WHERE loose.id = chained.id
"""
_SPREAD = """
WITH whole AS (
    SELECT l.id, l.account_id, l.order_ref, l.line_class, l.amount, {unit} AS unit FROM loose l
    WHERE l.reason = 'no_line' AND NOT l.names_product AND l.line_ref = '' AND l.line_class = ANY(%(whole_order)s)
), refunded AS (
    SELECT DISTINCT w.id, found.order_line_id FROM whole w
    JOIN finance_settlementline told ON told.account_id = w.account_id AND told.order_ref = w.order_ref AND told.order_ref <> ''
        AND told.line_class = 'refund_principal'
    JOIN finance_match found ON found.settlement_line_id = told.id AND found.layer IN (1, 2)
    WHERE w.line_class = ANY(%(of_refund)s)
), valued AS (
    SELECT w.id, w.amount, w.unit, abs(w.amount) / w.unit AS units, item.id AS item_id, worth.value,
        sum(worth.value) OVER of_line AS total, count(*) OVER of_line AS items,
        bool_or(item.item_total IS NULL) OVER of_line AS is_blank
    FROM whole w JOIN inventory_orderline item ON item.account_id = w.account_id AND item.order_ref = w.order_ref
        AND (item.id IN (SELECT order_line_id FROM refunded WHERE refunded.id = w.id) OR w.id NOT IN (SELECT id FROM refunded))
    CROSS JOIN LATERAL (SELECT CASE WHEN item.quantity_cancelled = item.quantity THEN 0
        ELSE greatest(item.item_total - coalesce(item.discount, 0), 0) END AS value) AS worth
    WINDOW of_line AS (PARTITION BY w.id)
), weighed AS (
    SELECT *, CASE WHEN total = 0 THEN 1 ELSE value END AS weight, CASE WHEN total = 0 THEN items ELSE total END AS base
    FROM valued WHERE NOT is_blank
), floored AS (
    SELECT *, div(units * weight, base) AS least, mod(units * weight, base) AS rest FROM weighed
), shared AS (
    SELECT *, least + CASE WHEN row_number() OVER (PARTITION BY id ORDER BY rest DESC, item_id)
        <= units - sum(least) OVER (PARTITION BY id) THEN 1 ELSE 0 END AS mine FROM floored
), parts AS (
    SELECT id, item_id, sign(amount) * mine * unit AS amount,
        row_number() OVER (PARTITION BY id ORDER BY item_id) AS part
    FROM shared WHERE mine > 0 OR amount = 0
), first AS (
    UPDATE finance_match SET order_line_id = parts.item_id, layer = 5, reason = 'by_value', amount = parts.amount
    FROM parts WHERE parts.part = 1 AND finance_match.settlement_line_id = parts.id
)
INSERT INTO finance_match (settlement_line_id, part, order_line_id, layer, reason, amount)
SELECT id, part, item_id, 5, 'by_value', amount FROM parts WHERE part > 1
"""

_HAS_DECISIONS = "SELECT EXISTS (SELECT FROM finance_humanmatch WHERE settlement_id = ANY(%(ids)s))"
_DECIDE = """
WITH rows AS (
    SELECT id, settlement_id, source_hash, amount,
        row_number() OVER (PARTITION BY settlement_id, source_hash ORDER BY row_no) - 1 AS ordinal
    FROM finance_settlementline WHERE settlement_id IN
        (SELECT settlement_id FROM finance_humanmatch WHERE settlement_id = ANY(%(ids)s) AND state = 'approved')
), chosen AS (
    SELECT rows.id, decided.order_line_id, rows.amount FROM rows
    JOIN finance_humanmatch decided USING (settlement_id, source_hash, ordinal) WHERE decided.state = 'approved'
), gone AS (
    DELETE FROM finance_match USING chosen WHERE finance_match.settlement_line_id = chosen.id AND finance_match.part > 1
)
UPDATE finance_match SET order_line_id = chosen.order_line_id, layer = 8, reason = 'person', amount = chosen.amount
FROM chosen WHERE finance_match.settlement_line_id = chosen.id AND finance_match.part = 1
"""
_PLACE = """
UPDATE finance_settlementline line SET scope = place.scope
FROM finance_match found CROSS JOIN LATERAL (SELECT CASE WHEN found.order_line_id IS NULL THEN 'account' ELSE 'order' END
    AS scope) AS place
WHERE line.id = found.settlement_line_id AND found.layer = 8 AND line.scope <> place.scope
    AND line.settlement_id IN (SELECT settlement_id FROM finance_humanmatch WHERE settlement_id = ANY(%(ids)s))
"""
_PUT_BACK = """
UPDATE finance_settlementline line SET scope = line.home
WHERE line.settlement_id IN (SELECT settlement_id FROM finance_humanmatch WHERE settlement_id = ANY(%(ids)s))
    AND line.home NOT IN ('order', 'shipment') AND line.scope <> line.home
    AND NOT EXISTS (SELECT FROM finance_match found WHERE found.settlement_line_id = line.id AND found.layer = 8)
"""


def decide(cursor: Any, given: dict[str, Any]) -> None:
    """Layer 8: what a person decided wins; rows whose decision was reversed go back to the ledger of their class."""
    cursor.execute(_HAS_DECISIONS, given)
    if cursor.fetchone()[0]:
        for statement in (_DECIDE, _PLACE, _PUT_BACK):
            cursor.execute(statement, given)


def follow(cursor: Any, given: dict[str, Any], *, distance: str) -> None:
    """Run both layers over the table `loose` of what is left; `distance` is how far an amount is from an item's."""
    given = {**given, "refunds": list(REFUNDS), "whole_order": list(WHOLE_ORDER), "of_refund": list(OF_REFUND)}
    cursor.execute(_CHAIN.format(distance=distance), given)
    cursor.execute(_SPREAD.format(unit=_unit()), given)


def _unit() -> str:
    """The smallest payable amount of the line's currency, or the smallest stored one where the line is finer."""
    odd = " ".join(f"WHEN '{currency}' THEN {unit:f}" for currency, unit in odd_minor_units().items())
    unit = f"(CASE l.currency {odd} ELSE 0.01 END)"
    return f"CASE WHEN mod(l.amount, {unit}) = 0 THEN {unit} ELSE 0.0001 END"
