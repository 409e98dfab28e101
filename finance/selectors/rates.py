"""Questions about exchange rates: which hold, how old the last one is, which the client needs and nobody told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from config.core import clock
from finance.fx import sql, store
from finance.fx.models import Peg, Rate

SATURDAY = 5
LOOK_BACK = timedelta(days=400)
_NEEDS = """
    SELECT currency, day, sum(revenue) AS amount, 'sales' AS needed_by FROM inventory_salesday
    WHERE day >= %(since)s AND currency <> '' AND revenue <> 0 GROUP BY 1, 2
    UNION ALL
    SELECT currency, coalesce(deposit_on, (period_end AT TIME ZONE 'UTC')::date), sum(abs(total)), 'statements'
    FROM finance_settlement
    WHERE currency <> '' AND total <> 0 AND coalesce(deposit_on, (period_end AT TIME ZONE 'UTC')::date) >= %(since)s
    GROUP BY 1, 2
"""
_MISSING = f"""
    WITH need AS MATERIALIZED ({_NEEDS}),
    fx AS MATERIALIZED ({sql.rates_for("SELECT currency, day FROM need", to="%(to)s")})
    SELECT need.currency, need.needed_by, min(need.day), max(need.day), count(*), sum(need.amount)
    FROM need JOIN fx ON fx.currency = need.currency AND fx.wanted_on = need.day
    WHERE fx.rate IS NULL GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2
"""  # noqa: S608 - constants of this file


# One step of the index per currency, instead of all its days.
_CURRENCIES = """
    WITH RECURSIVE found AS (
        SELECT min(currency) AS currency FROM public.fx_rate
        UNION ALL
        SELECT (SELECT min(currency) FROM public.fx_rate rate WHERE rate.currency > found.currency)
        FROM found WHERE found.currency IS NOT NULL
    )
    SELECT currency FROM found WHERE currency IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """Days on which something in a currency could not be converted, and what it was worth in that currency."""

    currency: str
    needed_by: str
    first: date
    last: date
    days: int
    amount: Decimal


def rates() -> QuerySet[Rate]:
    """Every fact, the newest day first; `is_superseded` where a later fact of the same day holds instead."""
    later = Rate.objects.filter(currency=OuterRef("currency"), day=OuterRef("day"), known_at__gt=OuterRef("known_at"))
    return Rate.objects.annotate(is_superseded=Exists(later)).order_by("-day", "currency", "-known_at")


def currencies() -> list[str]:
    """Every currency that has a rate on some day."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENCIES)
        return [code for (code,) in cursor.fetchall()]


def holding(*, currency: str, since: date, until: date) -> list[tuple[date, Decimal]]:
    """Units per EUR of a currency on each bank day of a span, as known now."""
    found = Rate.objects.filter(currency=currency, day__range=(since, until)).order_by("known_at")
    return sorted(dict(found.values_list("day", "per_eur")).items())


def pegs() -> QuerySet[Peg]:
    return Peg.objects.order_by("currency", "-valid_from", "-known_at")


def missing(*, to: str) -> list[Missing]:
    """What the client sold or was paid in the last 400 days and cannot see in the currency `to`."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"to": to, "since": clock.now().date() - LOOK_BACK})
        return [Missing(*row) for row in cursor.fetchall()]


def age() -> tuple[date | None, int | None]:
    """The last day with a rate, and how many bank days have passed since whose rates should be there."""
    latest = store.latest_day()
    return latest, bank_days(latest, store.published_until()) if latest else None


def bank_days(after: date, until: date) -> int:
    """Weekdays after the one day and up to the other; the bank's own holidays count as days."""
    span = (until - after).days
    return sum((after + timedelta(days=offset)).weekday() < SATURDAY for offset in range(1, span + 1))
