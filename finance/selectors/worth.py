"""What a unit more or less of a SKU is worth: its CM2, or what it brings in where that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, DecimalField, F, OuterRef, Q, QuerySet, Subquery, When

from config.core import clock
from finance.fx.sql import rates_for
from finance.models import Cost

WINDOW = timedelta(days=30)
_RATES = rates_for(
    "SELECT currency, day FROM finance_profitday WHERE day > %(since)s AND day <= %(until)s", to="%(to)s"
)
_WORTH = f"""
WITH rate AS MATERIALIZED ({_RATES})
SELECT p.sku_id, sum(p.units), sum(p.cm2 * rate.target / rate.origin),
       sum(p.net_revenue * rate.target / rate.origin),
       bool_and(p.revenue_charged IS NOT DISTINCT FROM p.net_revenue)
FROM finance_profitday p JOIN rate ON rate.currency = p.currency AND rate.wanted_on = p.day
WHERE p.sku_id = ANY(%(skus)s) AND p.day > %(since)s AND p.day <= %(until)s AND NOT p.is_account_level
GROUP BY 1 HAVING sum(p.units) > 0
"""  # noqa: S608 - fragments of statements, no values


@dataclass(frozen=True, slots=True)
class Worth:
    """Per unit in one currency over thirty days; `is_price`: CM2 is not known for all, so this is net revenue."""

    per_unit: Decimal
    is_price: bool


def worth(sku_ids: Iterable[int], *, on: date, to: str) -> dict[int, Worth]:
    """What a unit of each of these SKUs is worth; those that sold nothing, or without any rate, are left out."""
    given: dict[str, Any] = {"skus": list(sku_ids), "since": on - WINDOW, "until": on, "to": to}
    found: dict[int, Worth] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WORTH, given)
        for sku_id, units, cm2, revenue, is_known in cursor.fetchall():
            amount = cm2 if is_known else revenue
            if amount is not None:
                found[sku_id] = Worth(amount / units, not is_known)
    return found


def with_cost(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows that have a `sku` and a `warehouse`, with the landed cost of a piece today: `unit_cost`, `cost_currency`.

    A cost of the place itself goes before one for all places, the newest first; without a valid one both are None.
    """
    now = clock.now()
    known = Cost.objects.filter(sku=OuterRef("sku"), valid_from__lte=now.date(), known_at__lte=now)
    here = known.filter(Q(warehouse=None) | Q(warehouse=OuterRef("warehouse")))
    newest = here.order_by(F("warehouse").asc(nulls_last=True), "-valid_from", "-known_at", "-pk")
    amount = Case(When(is_end=False, then=F("landed")), output_field=DecimalField(max_digits=19, decimal_places=4))
    currency = Case(When(is_end=False, then=F("currency")))
    return rows.annotate(
        unit_cost=Subquery(newest.annotate(each=amount).values("each")[:1]),
        cost_currency=Subquery(newest.annotate(each=currency).values("each")[:1]),
    )
