"""Until when each order must leave, by the calendar of its account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import holidays

from inventory import sla
from inventory.models import Order, ShippingCalendar

YEARS = 2
NO_CALENDAR = "no shipping calendar is set up for this account"


@dataclass(frozen=True, slots=True)
class Deadline:
    """`ship_by` is the marketplace's word, or ours where it gave none; `hand_over_by` the last cut-off before it.

    Where nobody entered when the carrier collects, the cut-off is not known, and `unknown` says why.
    """

    ship_by: datetime
    hand_over_by: datetime | None
    is_computed: bool = False
    unknown: str = ""


class Clocks:
    """The calendars of all accounts, read once for a page or a batch."""

    def __init__(self) -> None:
        self._rows = {row.account_id: row for row in ShippingCalendar.objects.all()}

    def of(self, order: Order) -> Deadline | None:
        """Without a calendar there is only what the marketplace told, and no cut-off before it; None without that."""
        row = self._row(order)
        if row is not None:
            return _deadline(order, calendar(row, order.ordered_at.year))
        return Deadline(order.ship_by, None, unknown=NO_CALENDAR) if order.ship_by else None

    def working_hours(self, order: Order, since: datetime, until: datetime) -> int:
        """Whole hours of the account's working days; of all days where it has no calendar."""
        row = self._row(order)
        if row is None:
            return int((until - since).total_seconds() // 3600)
        return sla.working_hours(since, until, calendar(row, since.year))

    def _row(self, order: Order) -> ShippingCalendar | None:
        return self._rows.get(order.account_id) or self._rows.get(None)


def of_orders(orders: Iterable[Order]) -> dict[int, Deadline]:
    """Deadlines by order id, of those that have one."""
    clocks = Clocks()
    return {order.pk: found for order in orders if (found := clocks.of(order))}


def _deadline(order: Order, days: sla.Calendar) -> Deadline:
    due = order.ship_by or sla.ship_by(order.ordered_at, days)
    return Deadline(due, sla.last_cut_off(due, days), is_computed=order.ship_by is None)


def calendar(row: ShippingCalendar, year: int) -> sla.Calendar:
    """The calendar around a year, with the public holidays of its country and region."""
    closed = public_holidays(row.country, row.region, year) | frozenset(row.closed_on)
    return sla.Calendar(row.zone, frozenset(row.weekdays), closed, row.cut_off, row.handling_days)


@lru_cache(maxsize=64)
def public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """None where the country is not known."""
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=range(year - 1, year + YEARS))
    except NotImplementedError:
        return frozenset()
    return frozenset(found)
