"""Bridges of a month: from what the marketplace's portal shows to the books, and from the books to the bank.

Every step is summed from its own rows; what they do not explain is the rest, which should be 0.00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from config.core import clock
from finance.classes import SALE
from finance.closing import next_month
from marketplaces.models import Account

ZERO = Decimal(0)
Books = dict[str, list[Decimal]]
_PORTAL = """
WITH ordered AS (
    SELECT o.external_id, o.currency, o.business_on >= %(first)s AND o.business_on < %(next)s AS is_local,
        o.ordered_at >= %(first)s::timestamp AT TIME ZONE 'UTC' AND o.ordered_at < %(next)s::timestamp AT TIME ZONE 'UTC'
            AS is_utc,
        bool_or(line.quantity_shipped > 0) AS is_shipped, sum(paid.amount) AS amount,
        sum(round(paid.amount * line.quantity_cancelled / greatest(line.quantity, 1), 4)) AS cancelled
    FROM inventory_order o JOIN inventory_orderline line ON line.order_id = o.id
    CROSS JOIN LATERAL (SELECT coalesce(line.item_total, line.unit_price * line.quantity, 0) + coalesce(line.tax, 0)
        + coalesce(line.shipping, 0) + coalesce(line.gift_wrap, 0) - abs(coalesce(line.discount, 0))
        - abs(coalesce(line.shipping_discount, 0)) AS amount) AS paid
    WHERE o.account_id = %(account)s AND o.business_on BETWEEN %(first)s::date - 2 AND %(next)s::date + 2 GROUP BY o.id
), booked AS (
    SELECT line.order_ref, j.currency, coalesce(-sum(line.amount) FILTER (WHERE j.month = %(first)s), 0) AS here,
        coalesce(-sum(line.amount) FILTER (WHERE j.month <> %(first)s), 0) AS elsewhere
    FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
    WHERE j.account_id = %(account)s AND j.kind = 'statement' AND line.line_class = ANY(%(sale)s)
        AND j.month BETWEEN %(first)s::date - 100 AND %(first)s::date + 400
    GROUP BY 1, 2
), both_sides AS (
    SELECT coalesce(o.currency, b.currency) AS currency, o.external_id IS NOT NULL AND o.is_local AS is_mine,
        coalesce(o.is_local, false) AS is_local, coalesce(o.is_utc, false) AS is_utc, coalesce(o.is_shipped, false) AS is_shipped,
        coalesce(o.amount, 0) AS amount, coalesce(o.cancelled, 0) AS cancelled, coalesce(b.here, 0) AS here,
        coalesce(b.elsewhere, 0) AS elsewhere, b.order_ref IS NOT NULL AND (b.here <> 0 OR b.elsewhere <> 0) AS is_settled,
        coalesce(b.order_ref, '') = '' AND o.external_id IS NULL AS is_nameless
    FROM ordered o FULL JOIN booked b ON (b.order_ref, b.currency) = (o.external_id, o.currency)
)
SELECT currency,
    coalesce(sum(amount) FILTER (WHERE is_utc), 0),
    coalesce(sum(amount) FILTER (WHERE is_local AND NOT is_utc), 0)
        - coalesce(sum(amount) FILTER (WHERE is_utc AND NOT is_local), 0),
    -coalesce(sum(cancelled) FILTER (WHERE is_mine), 0),
    -coalesce(sum(amount - cancelled) FILTER (WHERE is_mine AND NOT is_settled AND NOT is_shipped), 0),
    -coalesce(sum(amount - cancelled) FILTER (WHERE is_mine AND NOT is_settled AND is_shipped), 0),
    coalesce(sum(here + elsewhere - amount + cancelled) FILTER (WHERE is_mine AND is_settled), 0),
    -coalesce(sum(elsewhere) FILTER (WHERE is_mine AND is_settled), 0),
    coalesce(sum(here) FILTER (WHERE NOT is_mine AND NOT is_nameless), 0),
    coalesce(sum(here) FILTER (WHERE is_nameless), 0)
FROM both_sides GROUP BY 1 ORDER BY 1
"""
_PORTAL_STEPS = (
    "Orders of the month by the marketplace's clock (UTC)",
    "zone: orders of another day where the account is",
    "cancelled",
    "pending: not shipped yet",
    "deferred: shipped, not settled yet",
    "settled at another amount than ordered",
    "settled in other months",
    "orders of other months, settled in this one",
    "settled without an order",
)
_BOOKS = """
SELECT j.currency, coalesce(-sum(line.amount) FILTER (WHERE line.purpose = 'revenue'), 0),
    coalesce(-sum(line.amount) FILTER (WHERE line.purpose = 'tax' AND line.line_class = ANY(%(sale)s)), 0),
    coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'clearing' AND j.month < %(first)s), 0) AS opening,
    coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'clearing' AND j.month = %(first)s AND j.kind = 'statement'), 0),
    -coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'clearing' AND j.month <= %(first)s), 0) AS closing,
    -coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'bank_fee' AND j.month = %(first)s), 0),
    -coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'transit' AND j.month = %(first)s AND j.kind <> 'statement'), 0),
    coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'bank' AND line.late_for = %(first)s), 0)
        - coalesce(sum(line.amount) FILTER (WHERE line.purpose = 'bank' AND j.month = %(first)s AND line.late_for IS NOT NULL), 0)
FROM finance_journal j JOIN finance_journalline line ON line.journal_id = j.id
WHERE j.account_id = %(account)s AND (line.purpose IN ('clearing', 'bank', 'bank_fee', 'transit')
    OR line.purpose IN ('revenue', 'tax') AND j.month = %(first)s AND j.kind = 'statement') GROUP BY 1 ORDER BY 1
"""
_BANK_STEPS = (
    "Owed by the marketplace when the month began",
    "statements booked in the month",
    "still owed when the month ended",
    "kept by the bank",
    "bookings that pay no statement, and payouts that were exchanged",
    "booked in another month, because it was locked",
)
_RECEIVED = """
SELECT currency, coalesce(sum(amount) FILTER (WHERE booked_on >= %(first)s AND booked_on < %(next)s), 0)
    - coalesce(sum(amount) FILTER (WHERE returned_on >= %(first)s AND returned_on < %(next)s), 0)
FROM finance_deposit WHERE account_id = %(account)s GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one figure to another in steps; `rest` is what the steps leave unexplained."""

    title: str
    currency: str
    steps: Sequence[tuple[str, Decimal]]
    end_title: str
    end: Decimal

    @property
    def rest(self) -> Decimal:
        return self.end - sum((amount for _, amount in self.steps), ZERO)


def of_month(account: Account, month: date) -> list[Bridge]:
    """Both bridges of an account's month, per currency that has something to show."""
    given = {
        "account": account.pk, "first": month, "next": next_month(month), "sale": list(SALE), "now": clock.now(),
    }  # fmt: skip
    books = {currency: amounts for currency, *amounts in _asked(_BOOKS, given)}
    found = [*_portal(given, books), *_bank(given, books)]
    return [bridge for bridge in found if bridge.end or any(amount for _, amount in bridge.steps)]


def _portal(given: dict[str, Any], books: Books) -> list[Bridge]:
    told = {c: list(zip(_PORTAL_STEPS, amounts, strict=True)) for c, *amounts in _asked(_PORTAL, given)}
    result = []
    for currency in sorted({*told, *books}):
        sales, tax = books.get(currency, (ZERO, ZERO))[:2]
        steps = [*told.get(currency, []), ("tax, on accounts of its own", -tax)]
        result.append(Bridge("From the portal to the books", currency, steps, "Revenue in the books", sales))
    return result


def _bank(given: dict[str, Any], books: Books) -> list[Bridge]:
    received = dict(_asked(_RECEIVED, given))
    told = {currency: list(zip(_BANK_STEPS, amounts[2:], strict=True)) for currency, amounts in books.items()}
    return [
        Bridge("From the books to the bank", c, told.get(c, []), "The bank received", received.get(c, ZERO))
        for c in sorted({*told, *received})
    ]


def _asked(query: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall()
