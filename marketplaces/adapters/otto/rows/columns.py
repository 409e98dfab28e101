"""Reading an account statement: its columns by what they are called, German or English, in whatever order.

Names, delimiter, decimal style and dates of the real files are unverified; nothing here depends on a position.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from marketplaces.adapters.otto.rows.reading import local
from marketplaces.contract import Page
from marketplaces.pieces import UTF_16, Unreadable

NAMES = {
    "statement": ("kontoauszugsnummer", "kontoauszug", "auszugsnummer", "statementnumber", "statementid", "statement"),
    "since": ("zeitraumvon", "von", "periodfrom", "periodstart", "from"),
    "until": ("zeitraumbis", "bis", "periodto", "periodend", "to"),
    "at": ("buchungsdatum", "buchungstag", "datum", "bookingdate", "transactiondate", "date"),
    "kind": ("buchungsart", "vorgang", "transaktionsart", "bookingtype", "transactiontype", "type"),
    "text": ("beschreibung", "verwendungszweck", "buchungstext", "description", "details"),
    "order": ("bestellnummer", "auftragsnummer", "ordernumber", "orderno"),
    "document": ("belegnummer", "rechnungsnummer", "documentnumber", "receiptnumber", "invoicenumber"),
    "document_kind": ("belegart", "documenttype", "receipttype"),
    "sku": ("sku", "artikelnummerpartner", "partnerartikelnummer"),
    "ean": ("ean", "gtin"),
    "quantity": ("menge", "anzahl", "quantity"),
    "net": ("netto", "nettobetrag", "net", "netamount"),
    "vat": ("ust", "mwst", "umsatzsteuer", "davonust", "vat", "vatamount", "tax"),
    "gross": ("betrag", "brutto", "bruttobetrag", "gross", "grossamount", "amount"),
    "currency": ("währung", "waehrung", "currency"),
}
FIELDS = {name: field for field, names in NAMES.items() for name in names}
NEEDED = ("kind", "gross")
GERMAN = frozenset({"buchungsart", "vorgang", "transaktionsart", "betrag", "bruttobetrag", "brutto"})
MOST_PREAMBLE = 20
DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%y", "%d/%m/%Y")
_GERMAN = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d{1,2})?")
_ENGLISH = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d{1,2})?")

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """`is_german` tells the provider: one writes German names, the older one English ones."""

    delimiter: str
    fields: list[str]
    is_german: bool


@contextmanager
def lines_of(page: Page) -> Iterator[io.TextIOWrapper]:
    """The text of the file: UTF-8 with or without its mark, UTF-16 with it, else Windows-1252."""
    with page.open() as stream:
        yield io.TextIOWrapper(stream, encoding=_encoding(page), newline="", errors="replace")


def _encoding(page: Page) -> str:
    with page.open() as stream:
        if stream.read(2) in UTF_16:
            return "utf-16"
        stream.seek(0)
        text = io.TextIOWrapper(stream, encoding="utf-8-sig")
        try:
            while text.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def rows(page: Page) -> Iterator[tuple[int, Cells]]:
    """Each booking with its place in the file, from 1, its cells by field."""
    with lines_of(page) as text:
        fields = (found := _header(text)).fields
        reader = csv.reader(text, delimiter=found.delimiter)
        try:
            for number, cells in enumerate(filter(any, reader), start=1):
                told = zip(fields, cells, strict=False)
                yield number, {field: value.strip() for field, value in told if field and value.strip()}
        except csv.Error as error:
            raise Unreadable(f"the file breaks off: {error}; fetch it again") from error


def header(page: Page) -> Header:
    with lines_of(page) as text:
        return _header(text)


def _header(text: io.TextIOWrapper) -> Header:
    """The first line that names a booking kind and an amount."""
    seen: list[str] = []
    for _ in range(MOST_PREAMBLE):
        line = text.readline(100_000)
        for delimiter in (";", "\t", ","):
            names = next(csv.reader([line.replace("\0", "")], delimiter=delimiter), [])
            fields = _fields(names)
            if all(field in fields for field in NEEDED):
                return Header(delimiter, fields, is_german=bool(GERMAN & {_bare(name) for name in names}))
            seen = max(seen, names, key=len)
    told = ", ".join(seen[:12]) or "none"
    raise Unreadable(f"no line names a booking kind and an amount; the longest one has {told[:200]!r}")


def _fields(names: Sequence[str]) -> list[str]:
    """The field of each column, empty for one that says nothing to us or repeats an earlier one."""
    found: list[str] = []
    for name in names:
        field = FIELDS.get(_bare(name), "")
        found.append("" if field in found else field)
    return found


def _bare(name: str) -> str:
    """Letters only, without what stands in brackets."""
    return re.sub(r"[^a-zäöü]", "", re.sub(r"\(.*?\)", "", name.casefold()))


def number(value: str, name: str) -> Decimal | None:
    """An amount of German or English style, with at most two decimals; a minus may stand behind it."""
    bare = re.sub(r"[\s€\u00a0]|EUR", "", value)
    if not bare:
        return None
    bare = f"-{bare[:-1]}" if bare.endswith("-") else bare
    if _GERMAN.fullmatch(bare):
        return Decimal(bare.replace(".", "").replace(",", "."))
    if _ENGLISH.fullmatch(bare):
        return Decimal(bare.replace(",", ""))
    raise Unreadable(f"{name} is {value!r}, which is not an amount")


def moment(value: str, name: str) -> datetime | None:
    """A German date or ISO 8601; without a zone it is German time."""
    if not value:
        return None
    for pattern in DATES:
        try:
            return local(datetime.strptime(value, pattern))  # noqa: DTZ007 - the German zone is put beside it
        except ValueError:
            continue
    try:
        read = datetime.fromisoformat(value)
        return read.astimezone(UTC) if read.tzinfo else local(read)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{name} is {value!r}, which is not a date") from error
