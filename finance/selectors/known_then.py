"""A month's margins with the costs and exchange rates that were known at a moment, beside those known now.

Everything else stands as it was computed last; of a locked month that is as it was locked. A cost or rate recorded after
the moment changes nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from config.core import clock
from finance import costs
from finance.closing import next_month
from finance.fee_sales import digits
from finance.fx.sql import rate_of
from finance.profitability import CM1, CM2, CM3

_LINES = """
SELECT p.order_line_id, p.sku_id, p.account_id, o.fulfilment, p.day, %({moment})s::timestamptz AS known_at
FROM finance_lineprofit p JOIN inventory_orderline item ON item.id = p.order_line_id
JOIN inventory_order o ON o.id = item.order_id
WHERE p.account_id = %(account)s AND p.day >= %(first)s AND p.day < %(next)s
"""


def _goods(moment: str) -> str:
    """Per order line, what its goods cost by what was known at a moment; null where that was not known."""
    applied = costs.applied(_LINES.format(moment=moment), as_if_open=True)
    return f"""
    SELECT p.order_line_id, cost.landed, cost.currency, CASE WHEN kept.units = 0 THEN 0
        ELSE -round(cost.landed * kept.units * fx.target / fx.origin, {digits("p.currency")}) END AS goods
    FROM ({applied}) AS cost JOIN finance_lineprofit p ON p.order_line_id = cost.order_line_id
    CROSS JOIN LATERAL (SELECT p.units - p.units_returned AS units) AS kept
    {rate_of("cost.currency", "cost.day", to="p.currency", known_at=f"%({moment})s")}"""  # noqa: S608 - constant text


def _rest(names: Sequence[str]) -> str:
    return " + ".join(f"p.{name}" for name in names if name != "goods")


_ASKED = f"""
WITH before AS MATERIALIZED ({_goods("then")}), present AS MATERIALIZED ({_goods("now")}), both_times AS (
    SELECT p.*, before.goods AS then_goods, present.goods AS now_goods, before.landed AS then_landed,
        before.currency AS then_currency, present.landed AS now_landed, present.currency AS now_currency,
        'no_statement' = ANY(p.missing) AS is_open
    FROM finance_lineprofit p JOIN before USING (order_line_id) JOIN present USING (order_line_id)
)
"""  # noqa: S608 - constant text
_SUMS = f"""{_ASKED}
SELECT currency, count(*), count(*) FILTER (WHERE then_goods IS NULL), count(*) FILTER (WHERE now_goods IS NULL),
    count(*) FILTER (WHERE then_goods IS DISTINCT FROM now_goods), sum(net_revenue),
    sum(then_goods), sum(now_goods), sum(goods),
    sum({_rest(CM1)} + then_goods), sum({_rest(CM1)} + now_goods), sum({_rest(CM2)} + then_goods), sum({_rest(CM2)} + now_goods),
    sum({_rest(CM3)} + then_goods) FILTER (WHERE NOT is_open), sum({_rest(CM3)} + now_goods) FILTER (WHERE NOT is_open)
FROM both_times p GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - constant text
_CHANGED = f"""{_ASKED}
SELECT coalesce(sku.code, ''), p.currency, count(*), sum(p.units - p.units_returned), min(p.then_landed), max(p.then_landed),
    min(p.then_currency), min(p.now_landed), max(p.now_landed), min(p.now_currency), sum(p.then_goods), sum(p.now_goods)
FROM both_times p LEFT JOIN catalog_sku sku ON sku.id = p.sku_id
WHERE p.then_goods IS DISTINCT FROM p.now_goods GROUP BY 1, 2
ORDER BY abs(coalesce(sum(p.now_goods), 0) - coalesce(sum(p.then_goods), 0)) DESC, 1, 2
"""  # noqa: S608 - constant text


class Pair(NamedTuple):
    """An amount by what was known then, and by what is known now; None where it was not known."""

    then: Decimal | None
    now: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One currency of the month. Goods are negative; `recorded` is what the margins stand on.

    A margin sums the lines whose cost was known at its moment; `unknown_then` and `unknown_now` count the others.
    """

    currency: str
    lines: int
    unknown_then: int
    unknown_now: int
    changed: int
    net_revenue: Decimal | None
    goods: Pair
    recorded: Decimal | None
    cm1: Pair
    cm2: Pair
    cm3: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSku:
    """A SKU whose goods cost something else by now: the smallest and largest cost per piece at both times, and the sums."""

    sku: str
    currency: str
    lines: int
    pieces: int
    then_from: Decimal | None
    then_to: Decimal | None
    then_currency: str | None
    now_from: Decimal | None
    now_to: Decimal | None
    now_currency: str | None
    then_goods: Decimal | None
    now_goods: Decimal | None


def sums(*, account: int, month: date, known_at: datetime) -> Sequence[Known]:
    """The margins of a month as they would be with what was known at a moment, per currency."""
    found = []
    for row in _asked(_SUMS, account, month, known_at):
        currency, lines, unknown_then, unknown_now, changed, revenue, then, now, recorded, *margins = row
        pairs = [Pair(margins[at], margins[at + 1]) for at in (0, 2, 4)]
        found.append(
            Known(
                currency=currency, lines=lines, unknown_then=unknown_then, unknown_now=unknown_now, changed=changed,
                net_revenue=revenue, goods=Pair(then, now), recorded=recorded, cm1=pairs[0], cm2=pairs[1], cm3=pairs[2],
            )
        )  # fmt: skip
    return found


def changed(*, account: int, month: date, known_at: datetime) -> Sequence[ChangedSku]:
    """SKUs whose goods of the month cost something else by what is known now, the largest difference first."""
    names = (
        "sku", "currency", "lines", "pieces", "then_from", "then_to", "then_currency", "now_from", "now_to", "now_currency",
        "then_goods", "now_goods",
    )  # fmt: skip
    return [
        ChangedSku(**dict(zip(names, row, strict=True))) for row in _asked(_CHANGED, account, month, known_at)
    ]  # fmt: skip


def _asked(query: str, account: int, month: date, known_at: datetime) -> list[Any]:
    given: dict[str, Any] = {
        "account": account,
        "first": month,
        "next": next_month(month),
        "then": known_at,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
