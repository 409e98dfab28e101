"""Names of products that mean none of our SKUs, or two, while rows wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from catalog import selectors
from catalog.models import RemoteState
from config.core import clock
from config.core.money import Money
from marketplaces.canonical import Fulfilment, OrderStatus
from tickets.detectors.base import Measure, detector
from tickets.types import MISSING_PRODUCT_DATA

UNLINKED = (RemoteState.OPEN, RemoteState.AMBIGUOUS)
_PARKED = """
WITH names AS (
    SELECT id, account_id, remote_id, title, state, first_seen_at, updated_at
    FROM catalog_remoteproduct WHERE id = ANY(%(ids)s) AND state = ANY(%(states)s)
), lines AS (
    SELECT names.id, line.currency, line.quantity_open, line.changed_at, shop.fulfilment, shop.status,
           shop.business_on, line.item_total
    FROM names
    JOIN inventory_orderline line
      ON line.account_id = names.account_id AND line.remote_id = names.remote_id AND line.sku_id IS NULL
    JOIN inventory_order shop ON shop.id = line.order_id
), days AS (
    SELECT id, currency, business_on, sum(item_total) AS revenue,
           row_number() OVER (PARTITION BY id ORDER BY business_on DESC, sum(item_total) DESC NULLS LAST) AS newest
    FROM lines WHERE status <> %(cancelled)s GROUP BY id, currency, business_on
), latest AS (
    SELECT days.id, days.currency, days.business_on, days.revenue, sum(other.item_total) AS account_revenue
    FROM days
    JOIN names ON names.id = days.id
    JOIN inventory_order shop ON shop.account_id = names.account_id AND shop.business_on = days.business_on
    JOIN inventory_orderline other ON other.order_id = shop.id AND other.currency = days.currency
    WHERE days.newest = 1 AND shop.status <> %(cancelled)s
    GROUP BY days.id, days.currency, days.business_on, days.revenue
), counted AS (
    SELECT id, count(*) AS order_lines, max(changed_at) AS newest_line,
           count(*) FILTER (
               WHERE quantity_open > 0 AND fulfilment = %(merchant)s AND status = ANY(%(to_ship)s)
           ) AS unshipped
    FROM lines GROUP BY id
)
SELECT names.id, names.account_id, names.remote_id, names.title, names.state, names.first_seen_at, names.updated_at,
       coalesce(counted.order_lines, 0), coalesce(counted.unshipped, 0), counted.newest_line,
       (SELECT count(*) FROM inventory_return back WHERE back.account_id = names.account_id
         AND back.remote_id = names.remote_id AND back.sku_id IS NULL),
       (SELECT count(*) FROM inventory_stocklevel level JOIN inventory_warehouse place ON place.id = level.warehouse_id
         WHERE place.account_id = names.account_id AND level.remote_id = names.remote_id AND level.sku_id IS NULL),
       latest.currency, latest.business_on, latest.revenue, latest.account_revenue
FROM names LEFT JOIN counted USING (id) LEFT JOIN latest USING (id) ORDER BY names.id
"""


class Parked(NamedTuple):
    """One unlinked name and what waits for it; revenue is that of its latest day, in that day's currency."""

    id: int
    account_id: int
    remote_id: str
    title: str
    state: str
    first_seen_at: Any
    updated_at: Any
    order_lines: int
    unshipped: int
    newest_line: Any
    returns: int
    stock_rows: int
    currency: str | None
    business_on: Any
    revenue: Decimal | None
    account_revenue: Decimal | None

    @property
    def rows(self) -> int:
        return self.order_lines + self.returns + self.stock_rows

    @property
    def share(self) -> Decimal | None:
        """Its part of the account's revenue on that day, 0 to 1; None when either is unknown."""
        if self.revenue is None or not self.account_revenue:
            return None
        return (self.revenue / self.account_revenue).quantize(Decimal("0.0001"))


def _unlinked() -> Iterable[str]:
    return map(str, selectors.unlinked_products().values_list("pk", flat=True))


@detector(
    "catalog.unlinked",
    subject="remote_product",
    opens=MISSING_PRODUCT_DATA,
    candidates=_unlinked,
    action="link_product",
)
def parked_rows(subjects: Sequence[str]) -> Iterator[Measure]:
    """Rows of orders, returns and stock that wait for each name which means no SKU, or several."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PARKED,
            {
                "ids": [int(subject) for subject in subjects],
                "states": [str(state) for state in UNLINKED],
                "cancelled": OrderStatus.CANCELLED.value,
                "merchant": Fulfilment.MERCHANT.value,
                "to_ship": [OrderStatus.TO_SHIP.value, OrderStatus.PARTIALLY_SHIPPED.value, OrderStatus.PENDING.value],
            },
        )
        found = [Parked(*row) for row in cursor.fetchall()]
    return (_measure(parked) for parked in found if parked.rows)


def _measure(parked: Parked) -> Measure:
    what = "means several products" if parked.state == RemoteState.AMBIGUOUS else "is not registered"
    known = parked.revenue is not None and parked.currency
    return Measure(
        subject=str(parked.id),
        value=Decimal(parked.rows),
        title=f"{parked.remote_id} {what}" + (f": {parked.title}" if parked.title else ""),
        account_id=parked.account_id,
        scope=f"account:{parked.account_id}/product:{parked.remote_id}"[:200],
        facts={
            "unshipped_lines": Decimal(parked.unshipped),
            "revenue_share": parked.share,
            "money_rows": Decimal(parked.order_lines + parked.returns),
            "stock_rows": Decimal(parked.stock_rows),
        },
        as_of={"orders": parked.newest_line, "name": parked.updated_at, "clock": clock.now()},
        money=Money(parked.revenue, parked.currency) if known else None,
        links=({"kind": "remote_product", "id": parked.id, "label": parked.remote_id},),
        params={"remote_product_id": parked.id},
        shows={
            "order_lines": parked.order_lines,
            "returns": parked.returns,
            "stock_rows": parked.stock_rows,
            "unshipped_lines": parked.unshipped,
            "day": str(parked.business_on or ""),
        },
    )
