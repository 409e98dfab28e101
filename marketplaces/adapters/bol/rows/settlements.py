"""Invoices and their specifications. bol bills the seller, so our amount is the negative of theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import Money, decimal, quantise
from marketplaces.adapters.bol.rows.documents import pieces
from marketplaces.adapters.bol.rows.line_types import line_type
from marketplaces.adapters.bol.rows.reading import (
    ZONE,
    amount,
    each,
    moment,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.canonical import LineClass, Rejected, Row, Settlement, SettlementLine
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, record, whole_page

KINDS = {"ALL_IN_ONE": "sales", "ADVERTISING_VIA_BOL": "advertising", "BOL_RETAIL_MEDIA_GROUP": "advertising"}
HALF_CENT = Decimal("0.005")


@dataclass(slots=True)
class _Sums:
    """What the lines of one document came to, in the invoice's sign; it shows the cents lost by rounding VAT."""

    settlement_id: str
    header: Mapping[str, Any] = field(default_factory=dict)
    count: int = 0
    net: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    is_vat_computed: bool = False


@whole_page
def settlements(page: Page) -> Iterator[Row | Rejected]:
    """Headers as Settlement; every specification line as one SettlementLine without VAT and one for its VAT.

    Line n of the document has row number 2n-1, its VAT 2n, so that numbers stay when a line is rejected.
    """
    sums = _Sums(page.document_id or page.context.get("settlement_id", ""))
    found = False
    for kind, piece, _raw in _pieces(page):
        found = True
        if kind == "invoice":
            sums.header, sums.settlement_id = _header(piece), text(_header(piece), "invoiceId") or sums.settlement_id
            yield from each([piece], _settlement, name="invoice", id_key="invoiceId")
        else:
            sums.count += 1
            yield from each([piece], lambda raw: _lines(raw, sums), name=f"line {sums.count}", id_key="id")
    if not found:
        yield from _nothing(page)
    yield from _rounding(sums)


def _header(piece: Any) -> Mapping[str, Any]:
    return piece if isinstance(piece, Mapping) else {}


def _pieces(page: Page) -> Iterator[tuple[str, Any, str]]:
    """The known documents; else a bare invoice or line, or a bare list of them."""
    found = False
    for piece in pieces(page):
        found = True
        yield piece
    if found:
        return
    body = read_json(page)
    for piece in body if isinstance(body, list) else [body]:
        if isinstance(piece, Mapping) and ("invoiceId" in piece or "lineExtensionAmount" in piece):
            yield ("invoice" if "invoiceId" in piece else "line"), piece, ""


def _nothing(page: Page) -> Iterator[Rejected]:
    """An empty answer is `{}` or an empty list; anything else is not an invoice document."""
    body = read_json(page)
    known = {"invoiceListItems", "invoiceSpecification", "specification", "period"}
    if body != [] and not (isinstance(body, Mapping) and body.keys() <= known):
        raise Unreadable("neither an invoice list nor a specification was found; check the resource and the file")
    yield from ()


def _settlement(raw: Mapping[str, Any]) -> Iterator[Settlement]:
    period = inner(raw, "invoicePeriod")
    start, end = moment(period.get("startDate"), "startDate"), moment(period.get("endDate"), "endDate")
    payable = amount(inner(raw, "legalMonetaryTotal").get("payableAmount"), "payableAmount")
    if start is None or end is None or payable is None:
        raise Unreadable("invoicePeriod or payableAmount is missing; ask for the invoice list of that month")
    kind = text(raw, "invoiceType")
    yield Settlement(
        external_id=required(raw, "invoiceId"),
        changed_at=moment(raw.get("issueDate"), "issueDate"),
        currency=payable.currency,
        period_start=start,
        period_end=_past_last_day(end),
        total=-payable,
        kind=KINDS.get(kind, kind.lower() or "sales"),
        extra={"invoice_type": kind} if kind else {},
    )


def _past_last_day(end: datetime) -> datetime:
    """A period ends with its last day, named by its first moment in Dutch time; ours ends when the next day begins."""
    local = end.astimezone(ZoneInfo(ZONE))
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return end
    return (local.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZoneInfo(ZONE)).astimezone(end.tzinfo)


def _lines(raw: Mapping[str, Any], sums: _Sums) -> Iterator[SettlementLine]:
    net = amount(raw.get("lineExtensionAmount"), "lineExtensionAmount")
    if net is None:
        raise Unreadable("lineExtensionAmount is missing; fetch the specification again")
    told = _told_vat(raw)
    vat = _computed_vat(raw, net) if told is None else told
    facts = _facts(raw)
    kind = line_type(facts.word, is_ours=net.amount <= 0)
    shared = facts.shared()
    sums.net, sums.vat = sums.net + net.amount, sums.vat + vat.amount
    sums.is_vat_computed |= told is None
    yield _line(sums, 2 * sums.count - 1, kind.line_class, -net, labels=(facts.word, facts.description, ""),
                is_reversal=kind.is_reversal, **shared)  # fmt: skip
    if vat:
        yield _line(sums, 2 * sums.count, kind.vat_class, -vat, labels=(facts.word, facts.description, "VAT"),
                    is_reversal=kind.is_reversal, **shared)  # fmt: skip


def _line(sums: _Sums, row_no: int, line_class: LineClass, money: Money, **rest: Any) -> SettlementLine:
    return SettlementLine(
        external_id=f"{sums.settlement_id}:{row_no}",
        settlement_id=sums.settlement_id,
        row_no=row_no,
        line_class=line_class,
        amount=money,
        **rest,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a line says about itself, from its id `order#ean#TYPE` and its properties."""

    word: str
    description: str
    order_id: str
    ean: str
    reference: str
    quantity: int | None
    posted_at: datetime | None

    def shared(self) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "product_ids": product_ids(ean=self.ean),
            "reference": self.reference,
            "quantity": self.quantity,
            "posted_at": self.posted_at,
        }


def _facts(raw: Mapping[str, Any]) -> _Facts:
    item = inner(raw, "item")
    named = _properties(item)
    parts = text(raw, "id").split("#")
    order_id, ean, word = parts if len(parts) == 3 else ("", "", "")
    descriptions = item.get("Description")
    first = descriptions[0] if isinstance(descriptions, list) and descriptions else {}
    return _Facts(
        word=word or text(inner(item, "Name"), "value") or text(item, "Name"),
        description=text(first, "value") if isinstance(first, Mapping) else str(first),
        order_id=order_id or named.get("order", ""),
        ean=ean or named.get("ean", ""),
        reference=text(raw, "id"),
        quantity=_quantity(raw),
        posted_at=moment(named.get("date", ""), "the date property"),
    )


def _quantity(raw: Mapping[str, Any]) -> int | None:
    """Pieces; storage is billed in fractions, which are not pieces and therefore not told."""
    value = inner(raw, "invoicedQuantity").get("value")
    if value is None or isinstance(value, bool):
        return None
    number = decimal(value)
    return int(number) if number == number.to_integral_value() else None


def _properties(item: Mapping[str, Any]) -> dict[str, str]:
    """Additional properties by what their name is about: order, ean or date (names come in Dutch and English)."""
    found: dict[str, str] = {}
    for entry in records(item, "AdditionalItemProperty"):
        name = (text(inner(entry, "Name"), "value") or text(entry, "Name")).casefold()
        value = text(inner(entry, "Value"), "value") or text(entry, "Value")
        topic = "date" if "dat" in name else "ean" if "ean" in name else "order" if _names_order(name) else ""
        if topic and value:
            found.setdefault(topic, value)
    return found


def _names_order(name: str) -> bool:
    return name.startswith(("order", "bestel"))


def _told_vat(raw: Mapping[str, Any]) -> Money | None:
    """The sum of `taxTotal`, or None when the line does not tell its VAT."""
    parts = raw.get("taxTotal")
    parts = parts if isinstance(parts, list) else [parts]
    told = [
        found
        for part in parts
        if isinstance(part, Mapping)
        and (found := amount(part.get("taxAmount", part.get("TaxAmount", part)), "taxTotal")) is not None
    ]
    return sum(told[1:], told[0]) if told else None


def _computed_vat(raw: Mapping[str, Any], net: Money) -> Money:
    """VAT from the percentage of the tax category, rounded to the cent; none told is zero per cent."""
    categories = inner(raw, "item").get("ClassifiedTaxCategory")
    first = categories[0] if isinstance(categories, list) and categories else {}
    percent = inner(record(first, "ClassifiedTaxCategory"), "Percent").get("value")
    rate = decimal(percent) if percent is not None else Decimal(0)
    return Money(quantise(net.amount * rate / 100, net.currency), net.currency)


def _rounding(sums: _Sums) -> Iterator[SettlementLine]:
    """The cents between VAT computed per line and VAT of the invoice, only where every line is there."""
    totals = inner(sums.header, "legalMonetaryTotal")
    try:
        payable = amount(totals.get("payableAmount"), "payableAmount")
        net = amount(totals.get("lineExtensionAmount", totals.get("taxExclusiveAmount")), "lineExtensionAmount")
    except Unreadable:
        return
    if payable is None or net is None or not sums.is_vat_computed or net.amount != sums.net:
        return
    missing = payable.amount - sums.net - sums.vat
    if missing and abs(missing) <= HALF_CENT * sums.count:
        yield _line(sums, 2 * sums.count + 1, LineClass.TAX, Money(-missing, payable.currency),
                    labels=("", "VAT rounding", "VAT"))  # fmt: skip
