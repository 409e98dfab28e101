"""A DATEV posting batch: EXTF 700, category 21, format version 13, 125 columns, Windows-1252, CRLF.

Source: format description "Buchungsstapel" of DATEV's developer portal, as read on 2026-11-21. Text fields stand in
quotation marks even when empty; amounts are positive with a comma, the side stands beside them as S (debit) or H.
The batch is dated by its content and not by the moment of export, so that the same books give the same bytes; for the
same reason it is never marked as final (field 21), because it is exported before its month is locked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from finance.exports.postings import Batch, CannotExport, Posted, by_entry
from finance.journals import Purpose

MOST_ROWS = 99_999
_INFOS = tuple(f"Beleginfo - {what} {n}" for n in range(1, 9) for what in ("Art", "Inhalt"))
_EXTRAS = tuple(f"Zusatzinformation - {what} {n}" for n in range(1, 21) for what in ("Art", "Inhalt"))
COLUMNS = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz", "WKZ Basis-Umsatz",
    "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto",
    "Buchungstext", "Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre",
    "Beleglink", *_INFOS, "KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge", "EU-Land u. UStID (Bestimmung)",
    "EU-Steuersatz (Bestimmung)", "Abw. Versteuerungsart", "Sachverhalt L+L", "Funktionsergänzung L+L",
    "BU 49 Hauptfunktionstyp", "BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung", *_EXTRAS, "Stück", "Gewicht",
    "Zahlweise", "Forderungsart", "Veranlagungsjahr", "Zugeordnete Fälligkeit", "Skontotyp", "Auftragsnummer",
    "Buchungstyp", "USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)",
    "EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID", "KOST-Datum",
    "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername", "Beteiligtennummer", "Identifikationsnummer",
    "Zeichnernummer", "Postensperre bis", "Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung",
    "Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)", "Steuersatz", "Land",
    "Abrechnungsreferenz", "BVV-Position", "EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto",
)  # fmt: skip
TEXTS = frozenset(
    {2, 3, 6, 9, 11, 12, 14, 16, *range(20, 39), 40, 42, *range(48, 88), 91, 95, 96, 98, 102, 103, 105, 107, 109, 110, 112,
     118, 120, 121, 123}
)  # fmt: skip
_EMPTY = tuple('""' if number in TEXTS else "" for number in range(1, len(COLUMNS) + 1))
_PLACE = {name: index for index, name in enumerate(COLUMNS)}
_DOCUMENT = re.compile(r"[^A-Za-z0-9$&%*+\-/]")
_LONGEST_DOCUMENT = 36


def write(batch: Batch) -> bytes:
    """The file; raises CannotExport with what DATEV would refuse."""
    if not batch.consultant or not batch.client:
        raise CannotExport("a DATEV batch needs the numbers of consultant and client; enter them below the account map")
    rows = [_row(batch, posting, main) for entry in by_entry(batch.postings) for posting, main in _pairs(entry)]
    if len(rows) > MOST_ROWS:
        raise CannotExport(f"{len(rows)} postings are more than the {MOST_ROWS} of one batch")
    lines = [_header(batch), ";".join(COLUMNS), *rows]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252", "replace")


def _header(batch: Batch) -> str:
    year = batch.year_begins or date(batch.month.year, 1, 1)
    created = date.fromordinal(batch.last_day.toordinal() + 1)
    values = (
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", f"{created:%Y%m%d}000000000", "", '"NF"', '"Ninefold"', '""',
        str(batch.consultant), str(batch.client), f"{year:%Y%m%d}", str(batch.account_digits), f"{batch.month:%Y%m%d}",
        f"{batch.last_day:%Y%m%d}", _text(f"{batch.account} {batch.month:%Y-%m}", 30), '""', "1", "0",
        "0", _text(batch.base_currency, 3), "", '""', "", "", _text(batch.chart, 4), "", "",
        '""', '""',
    )  # fmt: skip
    return ";".join(values)


def _pairs(entry: Sequence[Posted]) -> Iterator[tuple[Posted, str]]:
    """Each posting with the account that it is booked against; that account's own balance follows from them."""
    rank = {Purpose.CLEARING.value: 2, Purpose.CARRIED.value: 1}
    main = max(entry, key=lambda p: (p.is_contra, rank.get(p.purpose, 0), p.purpose == Purpose.BANK, abs(p.amount)))
    for posting in entry:
        if posting.code != main.code and posting.amount:
            yield posting, main.code


def _row(batch: Batch, posting: Posted, main: str) -> str:
    for code in (posting.code, main):
        if not code.isdigit() or len(code) > batch.account_digits + 1:
            raise CannotExport(f"DATEV has no account {code!r}; give it a number of {batch.account_digits} digits")
    cells = {
        "Umsatz (ohne Soll/Haben-Kz)": _amount(abs(posting.amount)),
        "Soll/Haben-Kennzeichen": '"S"' if posting.amount > 0 else '"H"',
        "WKZ Umsatz": _text(posting.currency, 3),
        "Konto": posting.code,
        "Gegenkonto (ohne BU-Schlüssel)": main,
        "BU-Schlüssel": _text(posting.tax_key, 4),
        "Belegdatum": f"{posting.booked_on:%d%m}",
        "Belegfeld 1": _text(document(posting.number), _LONGEST_DOCUMENT),
        "Buchungstext": _text(f"{posting.name or posting.purpose} {posting.order_ref}".strip(), 60),
        "Auftragsnummer": _text(posting.order_ref, 30),
        **_base(batch, posting),
        **_infos(posting),
    }
    row = list(_EMPTY)
    for name, value in cells.items():
        row[_PLACE[name]] = value
    return ";".join(row)


def _base(batch: Batch, posting: Posted) -> dict[str, str]:
    """What a posting in another currency is in the books' own, by the rate of its day."""
    if posting.currency == batch.base_currency:
        return {}
    rate = batch.rates[posting.currency, posting.booked_on].quantize(Decimal("0.000001"))
    return {
        "Kurs": f"{rate:f}".replace(".", ","),
        "Basis-Umsatz": _amount(abs(posting.amount) / rate),
        "WKZ Basis-Umsatz": _text(batch.base_currency, 3),
    }


def _infos(posting: Posted) -> dict[str, str]:
    facts = (
        ("Bestellung", posting.order_ref), ("Beleg", posting.number), ("Land", posting.country),
        ("Nachtrag für", f"{posting.late_for:%Y-%m}" if posting.late_for else ""),
    )  # fmt: skip
    told = [(kind, value) for kind, value in facts if value]
    cells = {}
    for number, (kind, value) in enumerate(told, start=1):
        cells[f"Beleginfo - Art {number}"] = _text(kind, 20)
        cells[f"Beleginfo - Inhalt {number}"] = _text(value, 210)
    return cells


def document(number: str) -> str:
    """A document number of the characters and the length that DATEV allows; a shortened one ends in its hash."""
    plain = _DOCUMENT.sub("-", number).lstrip("-+")
    if len(plain) <= _LONGEST_DOCUMENT:
        return plain
    return f"{plain[:27]}-{hashlib.sha256(number.encode()).hexdigest()[:8]}"


def _amount(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.01')):f}".replace(".", ",")


def _text(value: str, longest: int) -> str:
    """A text in quotation marks, without line breaks, never beginning like a formula."""
    plain = re.sub(r"\s+", " ", value).strip()
    if plain.startswith(("=", "+", "-", "@")):
        plain = f"'{plain}"
    return '"' + plain[:longest].replace('"', '""') + '"'
