"""Profit as sets: the lines and days of some (account, business day)s are deleted and computed again.

The rule of a line is that of `profitability.of_line`, which a property test compares with this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from config.core import clock, tenancy
from finance import allocation, costs
from finance.fee_sales import digits
from finance.fx.sql import rate_of
from finance.profitability import CM1, CM2, CM3, NET_REVENUE, REFUNDS, SALE, STEP_OF, STEPS
from marketplaces import registry
from marketplaces.canonical import LineClass as C

EXPECTED = ("fees", "fulfilment", "payment")
_SOLD = f"""
CREATE TEMPORARY TABLE sold ON COMMIT DROP AS
SELECT item.id, item.account_id, item.order_ref, item.external_id, item.remote_id, item.sku_id, o.channel,
    o.fulfilment AS fulfilled_by,
    o.business_on AS day, named.currency, {digits("named.currency")} AS digits, item.quantity,
    item.quantity - item.quantity_cancelled AS units, o.replacement_of <> '' AS is_free, item.expected_fee,
    CASE WHEN o.replacement_of <> '' THEN coalesce(item.item_total, 0) ELSE item.item_total END AS goods,
    coalesce(item.shipping, 0) AS shipping, coalesce(item.gift_wrap, 0) AS wrap,
    coalesce(item.discount, 0) + coalesce(item.shipping_discount, 0) AS discount, item.tax, vat.rate AS vat_rate,
    CASE WHEN vat.rate IS NULL THEN item.tax IS NOT NULL ELSE NOT vat.is_contained END AS is_on_top
FROM inventory_order o
JOIN inventory_orderline item ON item.order_id = o.id
JOIN marketplaces_account a ON a.id = o.account_id
LEFT JOIN unnest(%(marketplaces)s::text[], %(stores)s::text[], %(countries)s::text[])
    AS store(marketplace, code, country) ON store.marketplace = a.marketplace
    AND store.code = coalesce(nullif(o.channel, ''), a.stores[1])
LEFT JOIN LATERAL (SELECT known.rate, known.is_contained FROM finance_vatrate known
    WHERE known.country = coalesce(nullif(o.ship_to_country, ''), store.country) AND known.valid_from <= o.business_on
    ORDER BY known.valid_from DESC LIMIT 1) AS vat ON true
CROSS JOIN LATERAL (SELECT coalesce(nullif(item.currency, ''), o.currency) AS currency) AS named
WHERE o.account_id = %(account)s AND o.business_on = ANY(%(days)s)
"""  # noqa: S608 - fragments of statements, no values
_TOLD = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT said.id, line.line_class, line.currency <> said.currency AS is_other,
    sum(said.amount) AS amount, sum(abs(line.quantity)) AS units
FROM (
    SELECT sold.id, sold.currency, named.id AS line_id, found.amount
    FROM sold JOIN finance_settlementline named
        ON named.account_id = sold.account_id AND named.order_ref = sold.order_ref AND named.order_ref <> ''
    JOIN finance_match found ON found.settlement_line_id = named.id AND found.order_line_id = sold.id
    UNION ALL
    SELECT sold.id, sold.currency, chained.id, found.amount
    FROM sold JOIN finance_match found ON found.order_line_id = sold.id AND found.layer IN (4, 8)
    JOIN finance_settlementline chained ON chained.id = found.settlement_line_id AND chained.order_ref <> sold.order_ref
) AS said JOIN finance_settlementline line ON line.id = said.line_id
GROUP BY 1, 2, 3
"""
_RETURNED = """
CREATE TEMPORARY TABLE returned ON COMMIT DROP AS
SELECT id, sum(quantity) AS pieces FROM (
    SELECT DISTINCT ON (back.id) sold.id, back.quantity
    FROM sold JOIN inventory_return back ON back.account_id = sold.account_id AND back.order_ref = sold.order_ref
    WHERE back.is_sellable AND (back.line_ref = sold.external_id OR (back.line_ref = '' AND (
        back.remote_id = sold.remote_id OR back.sku_id = sold.sku_id
        OR NOT EXISTS (SELECT FROM sold AS other WHERE other.order_ref = sold.order_ref AND other.id <> sold.id))))
    ORDER BY back.id, back.line_ref = sold.external_id DESC, back.remote_id = sold.remote_id DESC, sold.id
) AS placed GROUP BY 1
"""
_COSTED = f"""
CREATE TEMPORARY TABLE costed ON COMMIT DROP AS
SELECT cost.order_line_id AS id, cost.cost_id, cost.landed, cost.reason, fx.rate, fx.day AS rate_on, fx.source,
    fx.target, fx.origin
FROM ({
    costs.applied(
        "SELECT id AS order_line_id, sku_id, account_id, fulfilled_by AS fulfilment, day, "
        "%(known_at)s::timestamptz AS known_at FROM sold WHERE units > 0"
    )
}) AS cost
JOIN sold ON sold.id = cost.order_line_id
{rate_of("cost.currency", "cost.day", to="sold.currency")}
"""  # noqa: S608 - as above
_EXPECTED = """
CREATE TEMPORARY TABLE expected ON COMMIT DROP AS
SELECT fee.order_line_id AS id, {columns}
FROM sold JOIN finance_expectedfee fee ON fee.order_line_id = sold.id
GROUP BY 1
"""
_MEASURED = """
CREATE TEMPORARY TABLE measured ON COMMIT DROP AS
WITH settled AS (
    SELECT told.id, {sums},
        bool_or(told.line_class = 'principal') AS is_sold, bool_or(told.is_other) AS is_other,
        bool_or(told.line_class IN ('tax', 'refund_tax')) AS is_apart,
        coalesce(sum(told.units) FILTER (WHERE told.line_class = 'principal'), 0) AS sold_units,
        coalesce(sum(told.amount) FILTER (WHERE told.line_class = 'tax'), 0) AS tax,
        coalesce(sum(inside.vat) FILTER (WHERE told.line_class = ANY(%(sale)s)), 0) AS sale_vat,
        coalesce(sum(inside.vat) FILTER (WHERE told.line_class = ANY(%(refunds)s)), 0) AS refund_vat,
        bool_or(told.amount <> 0 AND told.line_class = ANY(%(sale)s)) AS has_sale,
        bool_or(told.amount <> 0 AND told.line_class = ANY(%(refunds)s)) AS has_refunds
    FROM told JOIN sold USING (id) CROSS JOIN LATERAL ({net}) AS net
    CROSS JOIN LATERAL (SELECT told.amount - round(told.amount * net.part / net.whole, sold.digits) AS vat) AS inside
    WHERE NOT told.is_other GROUP BY 1
), open AS (
    SELECT sold.*, net.part, net.whole, net.source AS net_source, settled.is_apart, settled.tax AS settled_tax,
        settled.sale_vat, settled.refund_vat, settled.has_sale, settled.has_refunds,
        coalesce(settled.is_sold, false) AS is_sold, {settled_steps},
        EXISTS (SELECT FROM told WHERE told.id = sold.id AND told.is_other) AS is_other,
        CASE WHEN coalesce(settled.is_sold, false)
            THEN greatest(0, sold.units - coalesce(nullif(settled.sold_units, 0), sold.units))
            ELSE sold.units END AS left_units
    FROM sold LEFT JOIN settled USING (id) CROSS JOIN LATERAL ({net}) AS net
), counted AS (
    SELECT open.*, coalesce(round(goods * left_units / nullif(quantity, 0), digits), CASE WHEN left_units = 0 THEN 0 END)
            AS open_goods,
        coalesce(round(shipping * left_units / nullif(units, 0), digits), 0) AS open_shipping,
        coalesce(round(wrap * left_units / nullif(units, 0), digits), 0) AS open_wrap,
        coalesce(round(-discount * left_units / nullif(units, 0), digits), 0) AS open_discount,
        CASE WHEN is_on_top THEN coalesce(round(coalesce(tax, 0) * left_units / nullif(quantity, 0), digits), 0) ELSE 0 END
            AS open_tax,
        units - least(coalesce(returned.pieces, 0), units) AS kept
    FROM open LEFT JOIN returned ON returned.id = open.id
), taxed AS (
    SELECT counted.*, inside.vat AS open_vat, lack.is_vat_unknown FROM counted
    CROSS JOIN LATERAL (SELECT sum(given.amount - round(given.amount * part / whole, digits)) AS vat
        FROM (VALUES (coalesce(open_goods, 0)), (open_shipping), (open_wrap), (open_discount)) AS given(amount)) AS inside
    CROSS JOIN LATERAL (SELECT whole IS NULL AND (
        (NOT coalesce(is_apart, false) AND coalesce(has_sale, false))
        OR coalesce(open_goods, 0) <> 0 OR open_shipping <> 0 OR open_wrap <> 0 OR open_discount <> 0) AS is_vat_unknown) AS lack
)
SELECT m.id, m.account_id, m.channel, m.sku_id, m.day, m.currency, m.digits, m.units,
    m.units - m.kept AS units_returned,
    CASE WHEN m.is_other THEN NULL ELSE m.gross + m.open_goods + m.open_shipping + m.open_wrap + m.open_tax END AS gross,
    m.discounts + m.open_discount AS discounts,
    CASE WHEN NOT m.is_vat_unknown THEN -coalesce(m.settled_tax, 0)
        - CASE WHEN coalesce(m.is_apart, false) THEN 0 ELSE coalesce(m.sale_vat, 0) END
        - coalesce(m.open_vat, 0) - m.open_tax END AS vat,
    CASE WHEN coalesce(m.is_apart, false) OR NOT coalesce(m.has_refunds, false) THEN m.refunds
        WHEN m.whole IS NULL THEN NULL ELSE m.refunds - m.refund_vat END AS refunds,
    CASE WHEN m.kept = 0 THEN 0 ELSE -round(cost.landed * m.kept * cost.target / cost.origin, m.digits) END AS goods,
    {fee_steps},
    m.returns, m.reimbursements, m.advertising, m.storage, m.other,
    CASE WHEN m.kept > 0 THEN cost.cost_id END AS cost_id, cost.rate, cost.rate_on, cost.source,
    m.is_sold AND m.left_units = 0 AS is_settled, CASE WHEN m.is_apart THEN 'statement' ELSE m.net_source END AS vat_source,
    m.is_other, m.kept > 0 AND cost.cost_id IS NULL AS has_no_cost, coalesce(cost.reason, 'no_cost') AS cost_reason
FROM taxed m
LEFT JOIN costed cost ON cost.id = m.id
LEFT JOIN expected ON expected.id = m.id
"""
_NET = """
    SELECT CASE WHEN sold.is_on_top THEN 1 WHEN stated.holds THEN worth.amount - sold.tax
            WHEN sold.vat_rate IS NOT NULL THEN 1 END AS part,
        CASE WHEN sold.is_on_top THEN 1 WHEN stated.holds THEN worth.amount
            WHEN sold.vat_rate IS NOT NULL THEN 1 + sold.vat_rate END AS whole,
        CASE WHEN sold.is_on_top AND sold.tax IS NOT NULL OR NOT sold.is_on_top AND stated.holds THEN 'order'
            WHEN sold.is_on_top OR sold.vat_rate IS NOT NULL THEN 'rate' ELSE '' END AS source
    FROM (SELECT coalesce(sold.goods, 0) + sold.shipping + sold.wrap - sold.discount AS amount) AS worth
    CROSS JOIN LATERAL (SELECT coalesce(sold.tax > 0 AND sold.tax < worth.amount, false) AS holds) AS stated
"""
_LINES = """
INSERT INTO finance_lineprofit (order_line_id, account_id, channel, sku_id, day, currency, units, units_returned,
    {steps}, net_revenue, cm1, cm2, cm3, cost_id, cost_rate, cost_rate_on, cost_rate_source, is_settled, vat_source, missing)
SELECT m.id, m.account_id, m.channel, m.sku_id, m.day, m.currency, m.units, m.units_returned,
    {steps}, {net_revenue}, {cm1}, {cm2}, CASE WHEN m.is_closed THEN {cm3} END, m.cost_id,
    m.rate, m.rate_on, coalesce(m.source, ''), m.is_settled, m.vat_source,
    array_remove(ARRAY[CASE WHEN m.is_other THEN 'other_currency' WHEN m.gross IS NULL THEN 'no_price' END,
        CASE WHEN m.vat IS NULL OR m.refunds IS NULL THEN 'no_vat' END,
        CASE WHEN m.has_no_cost THEN m.cost_reason WHEN m.goods IS NULL THEN 'no_rate' END,
        {missing_fees}, CASE WHEN NOT m.is_closed THEN 'no_statement' END], NULL)
FROM shared m ORDER BY m.id
"""
_DAYS = """
INSERT INTO finance_profitday (account_id, channel, day, sku_id, currency, is_account_level, lines, units, units_returned,
    {steps}, net_revenue, cm1, cm2, cm3, revenue_costed, revenue_settled, revenue_mapped, revenue_charged, revenue_known)
SELECT account_id, channel, day, sku_id, currency, false, count(*), sum(units), sum(units_returned),
    {sums}, sum(net_revenue), sum(cm1), sum(cm2), sum(cm3),
    coalesce(sum(net_revenue) FILTER (WHERE cm1 IS NOT NULL), 0),
    coalesce(sum(net_revenue) FILTER (WHERE is_settled), 0),
    coalesce(sum(net_revenue) FILTER (WHERE sku_id IS NOT NULL), 0),
    coalesce(sum(net_revenue) FILTER (WHERE cm2 IS NOT NULL), 0),
    coalesce(sum(net_revenue) FILTER (WHERE cm3 IS NOT NULL), 0)
FROM finance_lineprofit WHERE account_id = %(account)s AND day = ANY(%(days)s)
GROUP BY account_id, channel, day, sku_id, currency
"""
_FORGET = (
    "DELETE FROM finance_lineprofit WHERE account_id = %(account)s AND day = ANY(%(days)s)",
    "DELETE FROM finance_lineprofit USING sold WHERE sold.id = finance_lineprofit.order_line_id",
    "DELETE FROM finance_profitday WHERE account_id = %(account)s AND day = ANY(%(days)s)",
)
_TABLES = ("sold", "told", "returned", "costed", "expected", "measured", *allocation.TABLES)


def rebuild(account_id: int, days: Iterable[date], *, known_at: datetime | None = None) -> int:
    """Compute the lines and sums of these days again, in one transaction; returns the number of lines.

    One rebuild of an account runs at a time; `known_at` takes the costs that were known then.
    """
    given = _given(account_id, days, known_at)
    with transaction.atomic(), connection.cursor() as cursor:
        tenancy.take_turn("profit", account_id)
        _measure(cursor, given)
        for statement in _FORGET:
            cursor.execute(statement, given)
        cursor.execute(_LINES_SQL, given)
        lines = int(cursor.rowcount)
        cursor.execute(_DAYS_SQL, given)
        cursor.execute(allocation.ACCOUNT_DAYS, given)
        cursor.execute(f"DROP TABLE {', '.join(_TABLES)}")
    return lines


def _measure(cursor: Any, given: dict[str, Any]) -> None:
    """The temporary tables from `sold` to `shared`: every line of the days with all its steps."""
    for statement in (_SOLD, "CREATE INDEX ON sold (order_ref)", "ANALYZE sold", _TOLD, "ANALYZE told", _RETURNED):
        cursor.execute(statement, given)
    for statement in (_COSTED, _EXPECTED_SQL, _MEASURED_SQL, "ANALYZE measured"):
        cursor.execute(statement, given)
    for statement in (allocation.SPANS, _CHARGED_SQL, allocation.ALLOTTED, allocation.SHARED):
        cursor.execute(statement, given)


def _given(account_id: int, days: Iterable[date], known_at: datetime | None) -> dict[str, Any]:
    stores = [(adapter.key, store) for adapter in registry.all_adapters() for store in adapter.stores]
    return {
        "account": account_id,
        "days": sorted(set(days)),
        "known_at": known_at or clock.now(),
        "marketplaces": [key for key, _ in stores],
        "stores": [store.code for _, store in stores],
        "countries": [store.country for _, store in stores],
        "sale": [*SALE, C.PROMOTION],
        "refunds": list(REFUNDS),
        **allocation.GIVEN,
    }


def _classes(step: str) -> str:
    return ", ".join(f"'{line_class}'" for line_class, name in STEP_OF.items() if name == step)


def _plus(names: Sequence[str]) -> str:
    return " + ".join(f"m.{name}" for name in names)


_SETTLED = [name for name in STEPS if name not in ("vat", "goods")]
_EXPECTED_SQL = _EXPECTED.format(
    columns=", ".join(
        f"CASE WHEN bool_or(fee.line_class IN ({_classes(name)}) AND (fee.amount IS NULL OR fee.currency <> sold.currency))"
        f" THEN NULL ELSE sum(fee.amount) FILTER (WHERE fee.line_class IN ({_classes(name)})) END AS {name},"
        f" bool_or(fee.line_class IN ({_classes(name)})) AS has_{name}"
        for name in EXPECTED
    )
)
_SILENCE = {
    "fees": "coalesce(expected.fees, m.expected_fee, CASE WHEN m.is_free THEN 0 END)",
    "fulfilment": "CASE WHEN expected.has_fulfilment OR m.fulfilled_by = 'marketplace' THEN expected.fulfilment ELSE 0 END",
    "payment": "CASE WHEN expected.has_payment THEN expected.payment ELSE 0 END",
}
_MEASURED_SQL = _MEASURED.format(
    net=_NET,
    sums=", ".join(
        f"coalesce(sum(told.amount) FILTER (WHERE told.line_class IN ({_classes(name)})), 0) AS {name}"
        for name in _SETTLED
    ),
    settled_steps=", ".join(f"coalesce(settled.{name}, 0) AS {name}" for name in _SETTLED),
    fee_steps=", ".join(
        f"m.{name} + CASE WHEN m.left_units = 0 THEN 0 ELSE round({told} * m.left_units / m.units, m.digits) END AS {name}"
        for name, told in _SILENCE.items()
    ),
)
_CHARGED_SQL = allocation.CHARGED.format(digits=digits("sums.currency"))
_LINES_SQL = _LINES.format(
    steps=", ".join(STEPS),
    net_revenue=_plus(NET_REVENUE),
    cm1=_plus(CM1),
    cm2=_plus(CM2),
    cm3=_plus(CM3),
    missing_fees=", ".join(f"CASE WHEN m.{name} IS NULL THEN 'no_{name}' END" for name in EXPECTED),
)
_DAYS_SQL = _DAYS.format(steps=", ".join(STEPS), sums=", ".join(f"sum({name})" for name in STEPS))
