"""Settlement flat files -> one Settlement, then its lines in the order of the file. Reads V2 (24 columns) and old V1.

The file is walked three times in bounded memory: character set, then local style and header, then rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.core.money import Money
from marketplaces.adapters.amazon.mapping.document import Document, Table, read, table
from marketplaces.adapters.amazon.mapping.labels import classify
from marketplaces.adapters.amazon.mapping.values import Unreadable, amount, decimal_mark, moment, whole
from marketplaces.adapters.amazon.stores import channel
from marketplaces.canonical import Rejected, Row, Settlement, SettlementLine
from marketplaces.contract import Page

_NEEDED = ("settlement-id", "total-amount", "transaction-type")
_NORTH_AMERICA = frozenset({"USD", "CAD", "MXN", "BRL"})
_PROOF_ROWS = 50_000
_REPEATED = (
    "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
)  # fmt: skip

# Where a row keeps amounts: (label column or fixed amount type, description column, amount column).
_V2 = (("amount-type", "amount-description", "amount"),)
_V1 = (
    ("=ItemPrice", "price-type", "price-amount"),
    ("=ItemFees", "item-related-fee-type", "item-related-fee-amount"),
    ("=Promotion", "promotion-type", "promotion-amount"),
    ("=Shipment-Fees", "shipment-fee-type", "shipment-fee-amount"),
    ("=Order-Fees", "order-fee-type", "order-fee-amount"),
    ("=Direct-Payment", "direct-payment-type", "direct-payment-amount"),
    ("=other-transaction", "transaction-type", "misc-fee-amount"),
    ("=other-transaction", "other-fee-reason-description", "other-fee-amount"),
    ("=other-transaction", "transaction-type", "other-amount"),
)


@dataclass(slots=True)
class _File:
    """What holds for the whole file: local style, and the header row of each settlement in it."""

    table: Table
    slots: tuple[tuple[str, str, str], ...]
    mark: str = ""
    channel: str = ""
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    units: dict[str, str] = field(default_factory=dict)

    def cell(self, cells: list[str], name: str) -> str:
        place = self.table.columns.get(name)
        return "" if place is None else cells[place].strip()

    def is_header(self, cells: list[str]) -> bool:
        return bool(self.cell(cells, "total-amount")) and not self.cell(cells, "transaction-type")


def settlements(page: Page) -> Iterator[Row | Rejected]:
    return read(page, from_table=_settlement_file)


def _settlement_file(document: Document) -> Iterator[Row | Rejected]:
    layout = table(document, *_NEEDED)
    slots = _V2 if "amount" in layout.columns else tuple(s for s in _V1 if s[2] in layout.columns)
    if not slots:
        raise Unreadable("the file has no column amount, and none of the amount columns of the older layout")
    file = _survey(layout, slots)
    if not file.headers:
        raise Unreadable("no row carries total-amount and currency; without it the file cannot be checked or booked")
    started: dict[str, Settlement | Rejected] = {}
    for cells in layout.rows():
        number = file.cell(cells, "settlement-id")
        if number not in started:
            started[number] = _start(file, number)
            yield started[number]
        header = started[number]
        if isinstance(header, Settlement) and not file.is_header(cells):
            yield from _lines(file, header, cells)


def _survey(layout: Table, slots: tuple[tuple[str, str, str], ...]) -> _File:
    """Find the decimal mark, the store and the header rows; stops as soon as all are known."""
    file = _File(layout, slots)
    open_ids: set[str] = set()
    for place, cells in enumerate(layout.rows()):
        number = file.cell(cells, "settlement-id")
        open_ids.add(number)
        if file.cell(cells, "total-amount") and (number not in file.headers or file.is_header(cells)):
            file.headers.setdefault(number, {name: file.cell(cells, name) for name in _REPEATED})
            file.fixed.add(number)
        file.mark = file.mark or _proof(file, cells)
        file.channel = file.channel or _store_of(file.cell(cells, "marketplace-name"))
        if file.mark and place > _PROOF_ROWS and open_ids <= set(file.headers):
            break
    file.mark = file.mark or "."
    return file


def _proof(file: _File, cells: list[str]) -> str:
    columns = ("total-amount", *(slot[2] for slot in file.slots))
    return next((mark for name in columns if (mark := decimal_mark(file.cell(cells, name)))), "")


def _store_of(name: str) -> str:
    return "" if not name or name.casefold().startswith("non-amazon") else channel(name)


def _start(file: _File, number: str) -> Settlement | Rejected:
    """The header of one settlement; one that cannot be read takes its lines with it, because they have no currency."""
    header = file.headers.get(number)
    try:
        if not number.isdigit():
            raise Unreadable(f"column settlement-id: {number!r} is not a number")
        if header is None:
            raise Unreadable(f"settlement {number} has no row with total-amount")
        return _header(file, number, header)
    except ValueError as error:
        return Rejected(f"settlement {number}: {error}", header or {}, external_id=number)


def _header(file: _File, number: str, header: Mapping[str, str]) -> Settlement:
    currency = header["currency"].upper()
    total = Money(amount(header["total-amount"], mark=file.mark), currency)
    is_american = _is_american(file, currency)
    deposit = header["deposit-date"]
    return Settlement(
        external_id=number,
        channel=file.channel or channel(file.table.context.get("store", "")),
        currency=currency,
        period_start=moment(header["settlement-start-date"], month_first=is_american),
        period_end=moment(header["settlement-end-date"], month_first=is_american),
        deposit_on=moment(deposit, month_first=is_american).date() if deposit else None,
        total=total,
        changed_at=moment(header["settlement-end-date"], month_first=is_american),
    )


def _is_american(file: _File, currency: str) -> bool:
    return file.table.context.get("region") == "na" or currency in _NORTH_AMERICA


def _lines(file: _File, header: Settlement, cells: list[str]) -> Iterator[Row | Rejected]:
    number = header.external_id
    found = False
    for group, description, column in file.slots:
        text = file.cell(cells, column)
        if not text and (len(file.slots) > 1):
            continue
        found = True
        file.counts[number] = row_no = file.counts.get(number, 0) + 1
        labels = (
            file.cell(cells, "transaction-type"),
            group[1:] if group.startswith("=") else file.cell(cells, group),
            file.cell(cells, description),
        )
        try:
            _check(file, number, cells)
            yield _line(file, header, cells, row_no=row_no, labels=labels, value=amount(text, mark=file.mark))
        except ValueError as error:
            yield Rejected(
                f"row {row_no} of settlement {number}: {error}", _raw(file, cells), external_id=f"{number}:{row_no}"
            )
    units = file.cell(cells, "quantity-purchased")
    if not found and units:
        file.units[file.cell(cells, "order-item-code")] = units
    elif not found:
        yield Rejected(f"a row of settlement {number} has no amount", _raw(file, cells), external_id=number)


def _check(file: _File, number: str, cells: list[str]) -> None:
    """A row must fit its columns; and where an exporter repeats the header on every row, it must be the same one."""
    if any(cells[len(file.table.columns) :]):
        raise Unreadable("the row has more cells than the file has columns")
    repeated = file.cell(cells, "total-amount")
    expected = file.headers[number]["total-amount"]
    if repeated and repeated != expected:
        raise Unreadable(f"total-amount {repeated!r} differs from {expected!r} of the first row")


def _line(
    file: _File, header: Settlement, cells: list[str], *, row_no: int, labels: tuple[str, str, str], value: Decimal
) -> SettlementLine:
    line_class, is_reversal = classify(*labels)
    posted_at, extra = _posted(file, header, cells)
    store = file.cell(cells, "marketplace-name")
    for name in ("promotion-id", "adjustment-id", "merchant-order-id", "fulfillment-id"):
        if text := file.cell(cells, name):
            extra[name.replace("-", "_")] = text
    return SettlementLine(
        external_id=f"{header.external_id}:{row_no}",
        settlement_id=header.external_id,
        row_no=row_no,
        line_class=line_class,
        labels=labels,
        amount=Money(value, header.currency),
        posted_at=posted_at,
        order_id=file.cell(cells, "order-id"),
        line_id=file.cell(cells, "order-item-code"),
        shipment_id=file.cell(cells, "shipment-id"),
        reference=file.cell(cells, "adjustment-id") or file.cell(cells, "merchant-adjustment-item-id"),
        sku=file.cell(cells, "sku"),
        quantity=_units(file, cells, extra),
        channel=channel(store) if store else "",
        is_reversal=is_reversal,
        extra=extra,
    )


def _posted(file: _File, header: Settlement, cells: list[str]) -> tuple[datetime | None, dict[str, Any]]:
    """When the line was posted; an unreadable date is kept as text, because the money of the row must not be lost."""
    text = file.cell(cells, "posted-date-time") or file.cell(cells, "posted-date")
    if not text:
        return None, {}
    try:
        return moment(text, month_first=_is_american(file, header.currency)), {}
    except Unreadable:
        return None, {"posted_raw": text}


def _units(file: _File, cells: list[str], extra: dict[str, Any]) -> int | None:
    """The older layout tells them in a row of their own, before the first amount of the item."""
    told = file.units.pop(file.cell(cells, "order-item-code"), "")
    text = file.cell(cells, "quantity-purchased") or told
    try:
        return whole(text)
    except Unreadable:
        extra["quantity_raw"] = text
        return None


def _raw(file: _File, cells: list[str]) -> dict[str, str]:
    return {name: cells[place] for name, place in file.table.columns.items() if cells[place]}
