"""Exchange rates that stand still while the client sells in currencies that it must convert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from config.core import clock, tenancy
from finance.fx import store
from finance.selectors import rates
from inventory import sales as roll_ups
from tickets.detectors.base import Measure, detector
from tickets.types import TECHNICAL_ISSUE

RATES = "reference_rates"
RECENT = timedelta(days=30)


def _foreign() -> list[tuple[date, str]]:
    """Days and currencies of recent sales that totals can show only after conversion."""
    today = clock.now().date()
    days, _ = roll_ups.sales_days(since=today - RECENT, until=today)
    own = str(tenancy.connection.tenant.reporting_currency)
    return sorted((day, code) for (day, code), amount in days.items() if amount and code not in ("", own))


def _needed() -> Iterable[str]:
    return [RATES] if _foreign() else []


@detector("finance.rates", subject="rates", opens=TECHNICAL_ISSUE, candidates=_needed, action="open_rates")
def rates_behind(subjects: Sequence[str]) -> Iterator[Measure]:
    """Bank days since the last reference rate, or since the first sale that needs one where there is none at all."""
    needs = _foreign()
    if RATES not in subjects or not needs:
        return
    latest = store.latest_day()
    since = latest or needs[0][0] - timedelta(days=1)
    words = f"since {latest:%d %b %Y}" if latest else "at all"
    codes = sorted({code for _, code in needs})
    yield Measure(
        subject=RATES,
        scope=f"rates:{RATES}",
        value=Decimal(rates.bank_days(since, store.published_until())),
        title=f"No exchange rates {words}; needed for {', '.join(codes)}",
        as_of={"last_rates": datetime.combine(latest, time(), UTC) if latest else None, "clock": clock.now()},
        shows={"currencies": codes},
    )
