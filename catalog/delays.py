"""How long changes of offers take from their cause until they are seen live, reckoned by the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

LOOK_BACK = timedelta(days=8)
"""A change that is still not live after that is told by the tickets of its listing, and no longer by delays."""
SHARES = (Decimal("0.50"), Decimal("0.95"), Decimal("0.99"))
_DELAYS = """
SELECT change.account_id, span.day,
    percentile_disc(%(shares)s::float8[]) WITHIN GROUP (ORDER BY age.seconds), count(*),
    count(*) FILTER (WHERE age.seconds <= %(slo)s),
    count(*) FILTER (WHERE change.confirmed_at IS NULL OR change.confirmed_at > span.until)
FROM unnest(%(days)s::date[], %(ends)s::timestamptz[]) AS span(day, until)
JOIN catalog_offerchange change ON change.cause_at < span.until AND change.cause_at >= span.until - %(back)s
    AND (change.cause_at >= span.until - interval '1 day' OR change.confirmed_at IS NULL
         OR change.confirmed_at >= span.until - interval '1 day')
JOIN catalog_offerfield field ON field.id = change.offer_id AND field.field = %(field)s
CROSS JOIN LATERAL (
    SELECT floor(extract(epoch FROM least(coalesce(change.confirmed_at, span.until), span.until) - change.cause_at))
        AS seconds
) age
GROUP BY change.account_id, span.day ORDER BY change.account_id, span.day
"""


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds that half, 95% and 99% of an account's changes did not exceed on the day that ends at `until`.

    What is not live yet counts with its age. `within` is how many kept the SLO, `open` how many are not live.
    """

    account_id: int
    day: date
    p50: Decimal
    p95: Decimal
    p99: Decimal
    changes: int
    within: int
    open: int


def change_delays(*, ends: Mapping[date, datetime], field: str, slo: int) -> Sequence[Delays]:
    """Per account and day of `ends`: changes of a field that were caused within the 24 hours before, or were open then."""
    values = {
        "days": list(ends), "ends": list(ends.values()), "back": LOOK_BACK, "field": field, "slo": slo,
        "shares": [float(share) for share in SHARES],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS, values)
        return [
            Delays(account_id, day, *(Decimal(int(each)) for each in percentiles), *counts)
            for account_id, day, percentiles, *counts in cursor.fetchall()
        ]
