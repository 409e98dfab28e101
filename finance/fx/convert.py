"""Conversion by business day: inverse and one hop over EUR; a missing rate raises and is never one."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from config.core import tenancy
from config.core.money import Money
from finance.fx.models import Rate

CARRIED_FORWARD = timedelta(days=7)


class MissingRate(LookupError):
    """No reference rate within seven days before the day; import rates, then look again."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted amount with what it was converted by: units of the target per unit of the origin, day and source."""

    money: Money
    rate: Decimal
    day: date
    source: str


class Rates:
    """Rates of some currencies over a span, read once; pure afterwards. Of two rows of one day the later given holds."""

    def __init__(self, rows: Iterable[tuple[date, str, Decimal, str]]) -> None:
        self._days: dict[str, list[date]] = defaultdict(list)
        self._rows: dict[str, list[tuple[Decimal, str]]] = defaultdict(list)
        for day, currency, per_eur, source in sorted(rows, key=itemgetter(0)):
            self._days[currency].append(day)
            self._rows[currency].append((per_eur, source))

    def per_eur(self, currency: str, on: date) -> tuple[Decimal, date, str]:
        """Units per EUR valid on a day: the latest bank day within seven days; raises MissingRate."""
        if currency == "EUR":
            return Decimal(1), on, "identity"
        days = self._days.get(currency, [])
        index = bisect_right(days, on) - 1
        if index < 0 or on - days[index] > CARRIED_FORWARD:
            raise MissingRate(f"no rate for {currency} on {on} or the seven days before")
        return self._rows[currency][index][0], days[index], self._rows[currency][index][1]

    def convert(self, money: Money, to: str, *, on: date) -> Converted:
        """Exact conversion, unrounded; the older of the two days used is the one shown."""
        if money.currency == to:
            return Converted(money, Decimal(1), on, "identity")
        origin, origin_day, origin_source = self.per_eur(money.currency, on)
        target, target_day, target_source = self.per_eur(to, on)
        sources = {s for s in (origin_source, target_source) if s != "identity"}
        return Converted(
            Money(money.amount * target / origin, to),
            target / origin,
            min(origin_day, target_day),
            "+".join(sorted(sources)),
        )


def load(currencies: Iterable[str], *, since: date, until: date, known_at: datetime | None = None) -> Rates:
    """Read the rates that conversions between these days may need; with `known_at`, as they were known then."""
    with tenancy.in_public():
        rows = Rate.objects.filter(currency__in=set(currencies), day__gte=since - CARRIED_FORWARD, day__lte=until)
        if known_at is not None:
            rows = rows.filter(known_at__lte=known_at)
        return Rates(list(rows.order_by("known_at").values_list("day", "currency", "per_eur", "source")))
