"""How far settled money is from expected money, per account (F-20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db import connection

from config.core import clock

SPAN = timedelta(days=90)
STABLE, WATCH = Decimal("0.0010"), Decimal("0.0050")
_VARIANCE = """
SELECT a.key, a.label, m.currency, coalesce(sum(abs(m.variance)), 0), coalesce(sum(m.variance), 0),
    coalesce(sum(abs(m.settled - m.variance)), 0), count(*) FILTER (WHERE abs(m.variance) >= 0.01),
    count(*) FILTER (WHERE m.variance IS NOT NULL), min(m.ordered_on) FILTER (WHERE m.basis IN ('expected', 'deferred',
        'partly_settled', 'refund_pending', 'disputed')),
    (SELECT sum(abs(s.residual)) FROM finance_settlement s WHERE s.account_id = a.id AND s.currency = m.currency)
FROM finance_orderlinemoney m JOIN marketplaces_account a ON a.id = m.account_id
WHERE m.ordered_on >= %s GROUP BY a.id, a.key, a.label, m.currency ORDER BY 4 DESC, a.key, m.currency
"""
_DAYS = """
SELECT account_id, ordered_on, currency, coalesce(sum(abs(variance)), 0), coalesce(sum(variance), 0),
    coalesce(sum(abs(settled - variance)), 0), count(*) FILTER (WHERE abs(variance) >= 0.01), count(*)
FROM finance_orderlinemoney WHERE variance IS NOT NULL AND ordered_on BETWEEN %s AND %s
GROUP BY account_id, ordered_on, currency ORDER BY account_id, ordered_on, currency
"""


class Band(StrEnum):
    STABLE = "stable"
    WATCH = "watch"
    RISK = "risk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """One account and currency: `size` is the sum of differences over settled lines, `expected` what they were worth.

    `residual` is what no named ledger of its statements explains; `oldest_open_on` the day of the oldest line still due.
    """

    account: str
    label: str
    currency: str
    size: Decimal
    signed: Decimal
    expected: Decimal
    outside: int
    lines: int
    oldest_open_on: date | None
    residual: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Size over expected, as a fraction; None where nothing is settled."""
        return self.size / self.expected if self.expected else None

    @property
    def percent(self) -> Decimal | None:
        return None if self.share is None else self.share * 100

    @property
    def band(self) -> Band | None:
        if self.share is None:
            return None
        if self.share <= STABLE:
            return Band.STABLE
        return Band.WATCH if self.share <= WATCH else Band.RISK


def variances(*, since: date | None = None) -> Sequence[Variance]:
    """Per account and currency over orders since a day (90 days by default), the largest difference first."""
    names = (
        "account", "label", "currency", "size", "signed", "expected", "outside", "lines", "oldest_open_on", "residual",
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_VARIANCE, [since or (clock.now() - SPAN).date()])
        return [Variance(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class VarianceDay:
    """Settled lines of one account's orders of a day in one currency; figures as in `Variance`."""

    account_id: int
    day: date
    currency: str
    size: Decimal
    signed: Decimal
    expected: Decimal
    outside: int
    lines: int


def variance_days(*, since: date, until: date) -> Sequence[VarianceDay]:
    """Per account, day of the order and currency, both days included."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [since, until])
        return [VarianceDay(*row) for row in cursor.fetchall()]
