"""Account statements as they are mailed: the payout rows make the total, every other row is a line.

Line n of the file has row number 2n-1, and its VAT, where the file tells it, 2n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import Money
from marketplaces.adapters.otto.rows import columns
from marketplaces.adapters.otto.rows.bookings import TAX_OF, Booking, booking, sale_class
from marketplaces.adapters.otto.rows.columns import Cells
from marketplaces.adapters.otto.rows.reading import CURRENCY, ZONE, local, product_ids
from marketplaces.canonical import LineClass, Rejected, Row, Settlement, SettlementLine
from marketplaces.contract import Page
from marketplaces.pieces import UNREADABLE, Unreadable

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the whole file says: read once before the lines, so that the statement comes first."""

    statement: str = ""
    since: datetime | None = None
    until: datetime | None = None
    first: datetime | None = None
    last: datetime | None = None
    currency: str = ""
    paid: Decimal | None = None
    booked: Decimal = Decimal(0)

    def with_row(self, cells: Cells) -> _Sums:
        amount, at = _gross(cells), columns.moment(cells.get("at", ""), "the booking date")
        kind = booking(cells.get("kind", ""))
        paid = (self.paid or Decimal(0)) - amount if kind.is_payout else self.paid
        return replace(
            self,
            statement=self.statement or cells.get("statement", ""),
            since=self.since or columns.moment(cells.get("since", ""), "the start of the period"),
            until=self.until or columns.moment(cells.get("until", ""), "the end of the period"),
            first=min(filter(None, (self.first, at)), default=None),
            last=max(filter(None, (self.last, at)), default=None),
            currency=self.currency or _currency(cells),
            paid=paid,
            booked=self.booked if kind.is_payout else self.booked + _signed(amount, kind),
        )


def statement(page: Page) -> Iterator[Row | Rejected]:
    """The Settlement, then its lines; a row that cannot be read is rejected with its place."""
    sums = _summed(page)
    yield (head := _settlement(sums, is_german=columns.header(page).is_german))
    for number, cells in columns.rows(page):
        try:
            yield from list(_lines(head, number, cells))
        except UNREADABLE as error:
            yield Rejected(
                f"row {number}: {error}", raw=dict(cells), external_id=f"{head.external_id}:{2 * number - 1}"
            )


def _summed(page: Page) -> _Sums:
    sums, count = _Sums(), 0
    for _, cells in columns.rows(page):
        try:
            sums, count = sums.with_row(cells), count + 1
        except UNREADABLE:
            continue
    if not count:
        raise Unreadable("the statement has no row that can be read; check the file")
    return sums


def _settlement(sums: _Sums, *, is_german: bool) -> Settlement:
    """A file without a number is named by its provider and period, for two providers may cover the same days."""
    start, end = sums.since or _midnight(sums.first), _midnight(sums.until or sums.last, after=DAY)
    if start is None or end is None:
        raise Unreadable("neither a period nor a booking date is told; check the columns")
    days = "-".join(f"{at.astimezone(ZoneInfo(ZONE)):%Y%m%d}" for at in (start, end - DAY))
    number = sums.statement or f"{'ottopayments' if is_german else 'ratepay'}-{days}"
    return Settlement(
        external_id=number,
        currency=sums.currency,
        period_start=start,
        period_end=end,
        total=Money(sums.booked if sums.paid is None else sums.paid, sums.currency),
        extra={} if sums.paid is not None else {"total": "no payout row; the sum of all rows"},
    )


def _midnight(at: datetime | None, *, after: timedelta = timedelta(0)) -> datetime | None:
    """German midnight of that day, or of a day later."""
    if at is None:
        return None
    day = at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return local(day + after)


def _lines(head: Settlement, number: int, cells: Cells) -> Iterator[SettlementLine]:
    word, text = cells.get("kind", ""), cells.get("text", "")
    kind = booking(word)
    if kind.is_payout:
        return
    amount = _signed(_gross(cells), kind)
    vat = abs(_vat(cells) or Decimal(0)) * (-1 if amount < 0 else 1)
    line_class = _line_class(kind, cells, amount)
    shared = _shared(cells)
    row = 2 * number - 1
    yield _line(head, row, line_class, amount - vat, labels=(word, text, ""), is_reversal=kind.is_reversal, **shared)
    if vat:
        yield _line(head, row + 1, TAX_OF.get(line_class, line_class), vat, labels=(word, text, "VAT"),
                    is_reversal=kind.is_reversal, **shared)  # fmt: skip


def _line_class(kind: Booking, cells: Cells, amount: Decimal) -> LineClass:
    if kind.line_class is not LineClass.PRINCIPAL:
        return kind.line_class
    return sale_class(cells.get("text", ""), cells.get("document_kind", ""), is_negative=amount < 0)


def _line(head: Settlement, row_no: int, line_class: LineClass, amount: Decimal, **rest: Any) -> SettlementLine:
    return SettlementLine(
        external_id=f"{head.external_id}:{row_no}",
        settlement_id=head.external_id,
        row_no=row_no,
        line_class=line_class,
        amount=Money(amount, head.currency),
        **rest,
    )


def _shared(cells: Cells) -> dict[str, Any]:
    quantity = columns.number(cells.get("quantity", ""), "the quantity")
    return {
        "posted_at": columns.moment(cells.get("at", ""), "the booking date"),
        "order_id": cells.get("order", ""),
        "reference": cells.get("document", ""),
        "sku": cells.get("sku", ""),
        "product_ids": product_ids(ean=cells.get("ean", "")),
        "quantity": int(quantity) if quantity is not None and quantity == quantity.to_integral_value() else None,
    }


def _gross(cells: Cells) -> Decimal:
    amount = columns.number(cells.get("gross", ""), "the amount")
    if amount is None:
        raise Unreadable("the amount is empty; check the columns")
    return amount


def _vat(cells: Cells) -> Decimal | None:
    vat, net = columns.number(cells.get("vat", ""), "the VAT"), columns.number(cells.get("net", ""), "the net amount")
    return vat if vat is not None or net is None else _gross(cells) - net


def _signed(amount: Decimal, kind: Booking) -> Decimal:
    return {"cost": -abs(amount), "credit": abs(amount), "told": amount}[kind.sign]


def _currency(cells: Cells) -> str:
    told = cells.get("currency", CURRENCY).upper()
    return told if len(told) == 3 and told.isalpha() and told.isascii() else CURRENCY
