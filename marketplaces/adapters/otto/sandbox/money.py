"""Account statements as files of a mailbox, with German headers, and receipts by API."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import Money
from marketplaces.adapters.otto.rows.reading import ZONE
from marketplaces.adapters.otto.sandbox import ids
from marketplaces.adapters.otto.sandbox.replies import missing, moment, reply
from marketplaces.canonical import LineClass as C
from marketplaces.sandbox.facts import Answer, Request, View, WorldStatement, WorldStatementLine

HEADER = (
    "Kontoauszugsnummer", "Zeitraum von", "Zeitraum bis", "Buchungsdatum", "Buchungsart", "Beschreibung", "Bestellnummer",
    "Belegart", "Belegnummer", "SKU", "EAN", "Menge", "Betrag", "davon USt", "Währung",
)  # fmt: skip
BOOKINGS = {
    C.PRINCIPAL: ("PAY_IN", "Artikel"),
    C.SHIPPING: ("PAY_IN", "Versandkosten"),
    C.PROMOTION: ("PAY_IN", "Rabatt"),
    C.REFUND_PRINCIPAL: ("PAY_IN", "Artikel"),
    C.REFUND_PROMOTION: ("PAY_IN", "Rabatt"),
    C.COMMISSION: ("COMMISSION", "Provision"),
    C.FEE_REVERSAL: ("COMMISSION_REVERSAL", "Provision"),
    C.SUBSCRIPTION: ("SERVICE", "Grundgebühr"),
}


def mailbox(view: View, request: Request) -> Answer:
    """What was received between two days, both included."""
    if refused := _closed(view, request):
        return refused
    days = [moment(request.params.get(key, "")) for key in ("since", "until")]
    if None in days:
        return reply({"error": "since and until are days"}, status=400)
    since, until = (at or view.at for at in days)
    found = view.statements(since=since, until=until + timedelta(days=1))
    return reply({"files": [{"name": _name(s), "received": s.issued_at.isoformat(), "href": _name(s)} for s in found]})


def mailed_file(view: View, request: Request) -> Answer:
    """One statement: semicolons, decimal commas, German dates, a byte order mark."""
    if refused := _closed(view, request):
        return refused
    serial = request.match["serial"]
    found = view.statement(int(serial))
    return Answer(200, _file(found), "text/csv") if found else missing(request)


def _closed(view: View, request: Request) -> Answer | None:
    wanted = f"Bearer {view.account.credentials.get('mailbox_token', '')}"
    is_open = request.headers.get("Authorization", "") == wanted
    return None if is_open else reply({"error": "the mailbox token is not valid"}, status=401)


def _name(found: WorldStatement) -> str:
    return f"Kontoauszug_{found.start:%Y-%m-%d}_{found.end - timedelta(days=1):%Y-%m-%d}_{found.serial}.csv"


def _file(found: WorldStatement) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    last = found.end - timedelta(days=1)
    shared = (str(found.serial), _day(found.start.date()), _day(last.date()))
    writer.writerows((*shared, *cells) for cells in _rows(found))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _rows(found: WorldStatement) -> Iterator[tuple[str, ...]]:
    for line in found.lines:
        word, text = BOOKINGS.get(line.line_class, (line.line_class.name, ""))
        order = ids.order_number(line.order_serial) if line.order_serial is not None else ""
        quantity = "" if line.quantity is None else str(line.quantity)
        yield (_clock(line.posted_at), line.renamed_to or word, text, order, *_document(line), line.sku, line.ean,
               quantity, _german(line.amount + line.vat), _german(line.vat), found.currency)  # fmt: skip
    word = "PARTNER_PAYOUT" if found.total.amount >= 0 else "DIRECT_DEBIT"
    at = _clock(found.end - timedelta(minutes=1))
    yield (at, word, "Auszahlung", *[""] * 6, _german(-found.total), _german(found.total * 0), found.currency)


def _document(line: WorldStatementLine) -> tuple[str, str]:
    """Kind and number of the receipt that a booking belongs to; charges without an order have none."""
    if line.order_serial is None or line.line_serial is None:
        return "", ""
    if line.is_refund:
        return "GUTSCHRIFT", _credit_number(line.line_serial)
    return "RECHNUNG", _invoice_number(line.order_serial)


def _invoice_number(order_serial: int) -> str:
    return f"91{order_serial}"


def _credit_number(line_serial: int) -> str:
    return f"92{line_serial}"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(ZONE)):%d.%m.%Y %H:%M:%S}"


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _german(money: Money) -> str:
    text = f"{money.rounded().amount:,.2f}"
    return text.translate(str.maketrans(",.", ".,"))


def days_of(asked: Mapping[str, str], view: View) -> tuple[datetime, datetime] | None:
    """The UTC days from `from` to `to`, both included."""
    try:
        first = date.fromisoformat(asked.get("from", ""))
        last = date.fromisoformat(asked.get("to", view.at.date().isoformat()))
    except ValueError:
        return None
    return datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC) + timedelta(days=1)


def price(gross: Money, rate: Any) -> dict[str, Any]:
    """A price object: gross, net and tax, and the rate as a text."""
    net = Money(gross.amount / (1 + rate), gross.currency).rounded()
    parts = {"gross": gross, "net": net, "tax": gross - net}
    told = {name: {"amount": part.amount, "currency": part.currency} for name, part in parts.items()}
    return {"taxType": "VAT", "taxRate": f"{rate * 100:.1f}", **told}
