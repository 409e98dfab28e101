"""How long changes take until they are seen live (F-18), and how much of what is live is not intended (F-17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from catalog.models import ParityRun
from catalog.models.publishing import QUANTITY
from config.core import clock

SLO = timedelta(seconds=60)
_DELAYS = """
WITH aged AS (
    SELECT change.account_id, change.confirmed_at IS NULL AS is_open,
           extract(epoch FROM coalesce(change.confirmed_at, %(now)s) - change.cause_at)::numeric AS seconds
    FROM catalog_offerchange change
    JOIN catalog_offerfield f ON f.id = change.offer_id AND f.field = %(field)s
    JOIN marketplaces_account account ON account.id = change.account_id AND account.stage = 'act'
    WHERE change.cause_at >= %(since)s AND change.cause_at <= %(now)s AND change.outcome <> 'rejected'
)
SELECT account_id, count(*), count(*) FILTER (WHERE is_open),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds), percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds),
       percentile_disc(0.99) WITHIN GROUP (ORDER BY seconds),
       count(*) FILTER (WHERE seconds <= %(slo)s), max(seconds) FILTER (WHERE is_open)
FROM aged GROUP BY account_id ORDER BY account_id
"""


@dataclass(frozen=True, slots=True)
class Delay:
    """Cause to live, in seconds, of an account's changes; one that is not live yet counts with its age so far."""

    account_id: int
    changes: int
    open: int
    p50: Decimal
    p95: Decimal
    p99: Decimal
    within: int
    oldest_open: Decimal | None

    @property
    def share_within(self) -> Decimal:
        """The part of the changes that were live within the promised time."""
        return Decimal(self.within) / self.changes


def delays(*, since: datetime, field: str = QUANTITY, slo: timedelta = SLO) -> list[Delay]:
    """One row per account that may act and had changes caused since a moment; refused ones are no delay."""
    given: dict[str, Any] = {"since": since, "field": field, "slo": slo.total_seconds(), "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS, given)
        return [Delay(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Drift:
    """Parity drift of an account in its latest full run: fields that differ, of those compared."""

    account_id: int
    at: datetime
    compared: int
    drifted: int
    price_drifted: int
    quantity_drifted: int
    oversellable: int
    revenue: dict[str, dict[str, str]]

    @property
    def percent(self) -> Decimal | None:
        """Drifted fields of those compared, in percent; None where nothing was compared."""
        return Decimal(self.drifted) / self.compared * 100 if self.compared else None


def drift() -> list[Drift]:
    """The latest full comparison of each account that had one."""
    runs = ParityRun.objects.filter(cause="").order_by("account_id", "-at", "-pk").distinct("account_id")
    return [
        Drift(
            run.account_id, run.at, run.compared, run.drifted, run.price_drifted, run.quantity_drifted, run.oversellable,
            run.revenue,
        )
        for run in runs
    ]  # fmt: skip
