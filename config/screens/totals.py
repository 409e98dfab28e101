"""Sums over currencies: each apart, or converted by day; a missing rate is said and never one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from config.core import money, tenancy
from config.core.money import Money
from finance.fx import convert
from finance.fx.convert import Converted, MissingRate

Days = Mapping[tuple[date, str], Decimal]


@dataclass(frozen=True, slots=True)
class Total:
    """A converted sum. `money` is None as soon as one rate is missing; `known` is the part that could be converted."""

    money: Money | None
    known: Money
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Basis:
    """By what amounts of a currency were converted: the newest rate used, of which bank day, and who said so.

    `first` is the oldest bank day used, `sources` all who said; `lacks` where some amount had no rate.
    """

    currency: str
    rate: Decimal | None
    day: date | None
    source: str
    first: date | None = None
    sources: str = ""
    lacks: bool = False


class Converter:
    """Amounts per day and currency into one currency, with the rates of a span read once."""

    def __init__(self, to: str, currencies: Iterable[str], *, since: date, until: date) -> None:
        self.to, self.until = to, until
        self.currencies = sorted({code for code in currencies if code})
        self._used: dict[str, dict[date, Converted]] = defaultdict(dict)
        self._lacks: set[str] = set()
        self._rates = convert.load([*self.currencies, to], since=since, until=until)

    def amount(self, amount: Decimal, currency: str, day: date) -> Decimal | None:
        """The amount in the target currency at the day's rate, or None without one."""
        try:
            found = self._rates.convert(Money(amount, currency), self.to, on=day)
        except (MissingRate, ValueError):
            self._lacks.add(currency)
            return None
        self._used[currency][found.day] = found
        return found.money.amount

    def total(self, days: Days) -> Total:
        known, missing = Decimal(0), set()
        for (day, currency), amount in days.items():
            if not amount:
                continue
            converted = self.amount(amount, currency, day)
            if converted is None:
                missing.add(currency or "no currency")
            else:
                known += converted
        found = Money(known, self.to)
        return Total(None if missing else found, found, tuple(sorted(missing)))

    def per_day(self, days: Days) -> dict[date, Decimal | None]:
        """One value per day; None where the day has an amount without a rate."""
        found: dict[date, Decimal | None] = {}
        for (day, currency), amount in days.items():
            converted = self.amount(amount, currency, day) if amount else Decimal(0)
            former = found.get(day, Decimal(0))
            found[day] = None if converted is None or former is None else former + converted
        return found

    def basis(self) -> list[Basis]:
        """By what the amounts so far were converted, one row per currency; ask after the totals."""
        met = self._used.keys() | self._lacks
        return [self._basis(code) for code in self.currencies if code != self.to and code in met]

    def _basis(self, currency: str) -> Basis:
        used, lacks = self._used.get(currency), currency in self._lacks
        if not used:
            return Basis(currency, None, None, "", lacks=lacks)
        newest = used[max(used)]
        sources = ", ".join(sorted({found.source for found in used.values()}))
        return Basis(currency, newest.rate, newest.day, newest.source, min(used), sources, lacks)


def rounding(parts: Sequence[Total], whole: Total) -> Money | None:
    """What a list of converted sums and their rounded total differ by; None where one of them is not known."""
    known = [part.money for part in parts if part.money is not None]
    if whole.money is None or len(known) < len(parts):
        return None
    return money.rounding(known, whole.money)


def reporting_currency() -> str:
    """What the client chose to see totals over currencies in."""
    return str(tenancy.connection.tenant.reporting_currency)


def between(days: Days, since: date, until: date) -> dict[tuple[date, str], Decimal]:
    """The part of the days from `since` to `until`, both included."""
    return {key: amount for key, amount in days.items() if since <= key[0] <= until}


def by_currency(days: Days) -> dict[str, Decimal]:
    """Sums per currency; days whose currency is not told yet have no amount to show."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for (_, currency), amount in days.items():
        sums[currency] += amount
    sums.pop("", None)
    return dict(sorted(sums.items()))
