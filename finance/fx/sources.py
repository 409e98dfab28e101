"""Where rates come from: the central bank's files, pegs as dated data, and the simulated bank of the demo."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

from config.core import clock, tenancy
from config.core.bulk import Table, land
from finance.fx.models import Rate

RateRow = tuple[date, str, Decimal, str]

# Units per US dollar, fixed by the central banks of the two countries since 1997-11 and 1986-06.
PEGS = {"AED": Decimal("3.6725"), "SAR": Decimal("3.75")}
SIMULATED_ANCHORS = {
    "USD": Decimal("1.16"), "TRY": Decimal("48.90"), "AUD": Decimal("1.77"), "GBP": Decimal("0.87"),
    "PLN": Decimal("4.25"), "SEK": Decimal("10.98"), "CAD": Decimal("1.62"), "JPY": Decimal("178.0"),
    "EGP": Decimal("55.2"), "INR": Decimal("103.1"), "SGD": Decimal("1.50"), "MXN": Decimal("21.3"),
    "BRL": Decimal("6.2"), "ZAR": Decimal("20.1"), "CHF": Decimal("0.93"), "CZK": Decimal("24.3"),
}  # fmt: skip
_TABLE = Table(name="fx_rate", columns=("day", "currency", "per_eur", "source"), key=("currency", "day"), newer=None)


class UnreadableRates(ValueError):
    """The bank's file is not the XML that it publishes."""


def from_bank_xml(body: bytes, *, source: str = "ECB") -> Iterator[RateRow]:
    """Rows of the European Central Bank's daily, 90-day or full XML: nested cubes, day, then currency and rate."""
    if b"<!ENTITY" in body or b"<!DOCTYPE" in body:
        raise UnreadableRates("the file declares entities; the bank's files never do")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as error:
        raise UnreadableRates(f"the file is not XML: {error}") from error
    for cube in root.iter("{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"):
        if "time" in cube.attrib:
            day = date.fromisoformat(cube.attrib["time"])
            for rate in cube:
                yield day, rate.attrib["currency"], Decimal(rate.attrib["rate"]), source


def simulated(since: date, until: date) -> Iterator[RateRow]:
    """A small walk around an anchor for each bank day, the same for the same day always. For the demo."""
    for offset in range((until - since).days + 1):
        day = since + timedelta(days=offset)
        if day.weekday() < 5:
            for currency, anchor in SIMULATED_ANCHORS.items():
                drift = Decimal(random.Random(f"rate:{currency}:{day}").randrange(-60, 61)) / 10_000  # noqa: S311
                yield day, currency, (anchor * (1 + drift)).quantize(Decimal("0.0001")), "simulated"


def with_pegs(rows: Iterable[RateRow]) -> Iterator[RateRow]:
    """Add the currencies that are pegged to the dollar, on each day that has a dollar rate."""
    for day, currency, per_eur, source in rows:
        yield day, currency, per_eur, source
        if currency == "USD":
            for pegged, units in PEGS.items():
                yield day, pegged, per_eur * units, "peg"


def store(rows: Iterable[RateRow]) -> int:
    """Land rates in `public`; returns how many are new or corrected."""
    with tenancy.in_public():
        return len(land(_TABLE, with_pegs(rows)).changed_ids)


def latest_day() -> date | None:
    with tenancy.in_public():
        return Rate.objects.order_by("-day").values_list("day", flat=True).first()


def today() -> date:
    """The day at the bank, whose rates are fixed about 16:00 in Frankfurt."""
    return clock.business_day(clock.now(), "Europe/Berlin")
