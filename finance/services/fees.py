"""Expected fees, reckoned anew where what they follow from has changed; profit is asked for what moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from config.core import clock, tenancy, work
from finance import expected
from finance.fees import QUOTE_DAYS
from finance.services import profit
from finance.services.tariffs import agree, expect_later, publish
from marketplaces import selectors as marketplaces

__all__ = ["agree", "expect", "expect_orders", "expect_quoted", "expect_recent", "expect_since", "publish"]

LINES_AT_ONCE = 5_000
RECENT = timedelta(days=120)
_LINES = """
SELECT line.id FROM inventory_orderline line JOIN inventory_order o ON o.id = line.order_id
WHERE o.account_id = %(account)s AND {which} ORDER BY line.id
"""
_OF_ORDERS = "o.external_id = ANY(%(orders)s)"
_SINCE = "o.business_on >= %(since)s"
_QUOTED = f"""
o.business_on BETWEEN %(today)s::date - {QUOTE_DAYS} AND %(today)s AND EXISTS (SELECT FROM finance_feequote quote
    WHERE quote.id = ANY(%(quotes)s) AND quote.remote_id = line.remote_id AND quote.channel IN ('', o.channel))
"""


def expect(account_id: int, order_line_ids: Sequence[int]) -> dict[str, int]:
    """Reckon the expected fees of these lines of one account; run twice it changes nothing the second time."""
    changed = 0
    for start in range(0, len(order_line_ids), LINES_AT_ONCE):
        ids = order_line_ids[start : start + LINES_AT_ONCE]
        with transaction.atomic():
            tenancy.take_turn("fees", account_id)
            moved = expected.refresh(ids)
            profit.touched_by_lines(moved)
        changed += len(moved)
    return {"lines": len(order_line_ids), "changed": changed}


def expect_orders(account_id: int, orders: Sequence[str]) -> dict[str, int]:
    """After these orders (ids in the marketplace) were applied, and those that others wait for."""
    with transaction.atomic():
        wished = work.absorb("finance.expect_fees_of_orders", account_id)
        wanted = {*orders, *(order for each in wished for order in each["orders"])}
        return expect(account_id, _ids(_OF_ORDERS, account=account_id, orders=sorted(wanted)))


def expect_quoted(account_id: int, quotes: Sequence[int]) -> dict[str, int]:
    """After these quotes were applied: the lines of the last month that they may be about."""
    today = clock.now().date()
    return expect(account_id, _ids(_QUOTED, account=account_id, quotes=list(quotes), today=today))


def expect_since(account_id: int, since: str) -> dict[str, int]:
    """After a schedule changed from a day (ISO) on."""
    return expect(account_id, _ids(_SINCE, account=account_id, since=date.fromisoformat(since)))


def expect_recent() -> dict[str, int]:
    """Ask for every line of the last months: products get other categories and weights, and nobody tells."""
    accounts = list(marketplaces.account_ids().values())
    expect_later(accounts, clock.now().date() - RECENT)
    return {"accounts": len(accounts)}


def _ids(which: str, **given: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES.format(which=which), given)
        return [pk for (pk,) in cursor.fetchall()]
