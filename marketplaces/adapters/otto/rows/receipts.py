"""Receipts, which OTTO issues in the seller's name: the only money that its API tells.

Amounts on a receipt are magnitudes; its type says in which direction (the sign on the wire is unverified).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.otto.rows.bookings import REFUNDED, TAX_OF
from marketplaces.adapters.otto.rows.reading import (
    CURRENCY,
    moment,
    money,
    pieces_of,
    records,
    required,
    text,
    without_buyer,
)
from marketplaces.canonical import LineClass as C
from marketplaces.canonical import Rejected, Row, Settlement, SettlementLine
from marketplaces.pieces import UNREADABLE, Unreadable, inner

SIGNS = {"PURCHASE": 1, "REFUND": -1, "PARTIAL_REFUND": -1}
KIND = "receipts"


def receipts(body: Any) -> Iterator[Row | Rejected]:
    """A day's receipts `{"day", "since", "until", "receipts": [...]}` as one Settlement; single ones each as their own."""
    found = pieces_of(body, "receipts", "resources")
    day = body if isinstance(body, Mapping) and text(body, "day") and "receipts" in body else None
    kept: list[tuple[Mapping[str, Any], list[tuple[C, Money, dict[str, Any]]]]] = []
    for piece in found:
        try:
            receipt = _receipt(piece)
            kept.append((receipt, list(_amounts(receipt))))
        except UNREADABLE as error:
            name = text(piece, "receiptNumber") if isinstance(piece, Mapping) else ""
            yield Rejected(f"receipt: {error}", raw=without_buyer(piece), external_id=name)
    if day is not None:
        yield from _document(_day(day), kept)
        return
    for receipt, amounts in kept:
        yield from _document(_alone(receipt), [(receipt, amounts)])


def _receipt(piece: Any) -> Mapping[str, Any]:
    if not isinstance(piece, Mapping) or text(piece, "receiptType") not in SIGNS:
        raise Unreadable("receiptType is missing or not known; check that it is a receipt")
    required(piece, "receiptNumber")
    if moment(piece.get("creationDate"), "creationDate") is None:
        raise Unreadable("creationDate is missing; ask for the receipt by its number")
    return piece


def _day(day: Mapping[str, Any]) -> dict[str, Any]:
    since, until = moment(day.get("since"), "since"), moment(day.get("until"), "until")
    if since is None or until is None:
        raise Unreadable("since or until is missing; pull the day again")
    return {"external_id": f"{KIND}:{text(day, 'day')}", "period_start": since, "period_end": until}


def _alone(receipt: Mapping[str, Any]) -> dict[str, Any]:
    at = moment(receipt.get("creationDate"), "creationDate")
    return {"external_id": text(receipt, "receiptNumber"), "period_start": at, "period_end": at}


def _document(head: dict[str, Any], kept: list[Any]) -> Iterator[Row]:
    rows = [(receipt, *amount) for receipt, amounts in kept for amount in amounts]
    currency = rows[0][2].currency if rows else CURRENCY
    paid = total((_due(receipt, [amount for _, amount, _ in amounts]) for receipt, amounts in kept), currency)
    yield Settlement(**head, currency=currency, total=paid, kind=KIND)
    for number, (receipt, line_class, amount, more) in enumerate(rows, start=1):
        yield SettlementLine(
            external_id=f"{head['external_id']}:{number}",
            settlement_id=head["external_id"],
            row_no=number,
            line_class=line_class,
            labels=(text(receipt, "receiptType"), more.pop("label"), more.pop("tax", "")),
            amount=amount,
            posted_at=moment(receipt.get("creationDate"), "creationDate"),
            order_id=text(receipt, "orderNumber"),
            reference=text(receipt, "receiptNumber"),
            **more,
        )


def _due(receipt: Mapping[str, Any], amounts: list[Money]) -> Money:
    """What the receipt asks for, as told; where it is not told, the sum of its lines."""
    told = money(receipt.get("amountDue"), "amountDue") or money(receipt.get("totalsGrossAmount"), "totalsGrossAmount")
    if told is None:
        return total(amounts, amounts[0].currency if amounts else CURRENCY)
    return abs(told) * SIGNS[text(receipt, "receiptType")]


def _amounts(receipt: Mapping[str, Any]) -> Iterator[tuple[C, Money, dict[str, Any]]]:
    """Class, signed amount and facts of every position, VAT apart; a partial refund that says no more is one line."""
    items, sign = inner(receipt, "lineItems"), SIGNS[text(receipt, "receiptType")]
    reason = text(receipt, "refundType", "partialRefundType")
    for key, line_class, price in (
        ("itemPositions", C.PRINCIPAL, "positionSum"),
        ("itemPartialRefundPositions", C.PRINCIPAL, "partialRefundAmount"),
        ("servicePositions", C.PRINCIPAL, "positionSum"),
        ("servicePartialRefundPositions", C.PRINCIPAL, "partialRefundAmount"),
        ("deliveryCosts", C.SHIPPING, "positionSum"),
        ("deliveryFeePartialRefundPositions", C.SHIPPING, "partialRefundAmount"),
    ):
        for piece in records(items, key):
            facts = {"label": reason or text(piece, "deliveryCostType") or key, "sku": text(piece, "sku"),
                     "line_id": _line_id(piece), "quantity": _quantity(piece)}  # fmt: skip
            yield from _position(line_class if sign > 0 else REFUNDED[line_class], piece, price, sign, facts)


def _position(
    line_class: C, piece: Mapping[str, Any], price: str, sign: int, facts: dict[str, Any]
) -> Iterator[tuple[C, Money, dict[str, Any]]]:
    """Goods at their full price with the discounts apart; each with its VAT beside it."""
    told = inner(piece, price)
    gross = money(told.get("gross", piece.get(price)), f"{price}.gross")
    if gross is None:
        raise Unreadable(f"{price} is missing; ask for the receipt by its number")
    less = total((_modification(p) for p in records(piece, "priceModifications")), gross.currency)
    rate = _rate(told)
    yield from _taxed(line_class, (abs(gross) + less) * sign, rate, facts)
    if less:
        promotion = C.PROMOTION if sign > 0 else C.REFUND_PROMOTION
        yield from _taxed(promotion, -less * sign, rate, {**facts, "label": "priceModifications"})


def _taxed(line_class: C, gross: Money, rate: Decimal, facts: dict[str, Any]) -> Iterator[Any]:
    net = Money(gross.amount / (1 + rate / 100), gross.currency).rounded()
    yield line_class, net, dict(facts)
    if gross - net:
        yield TAX_OF[line_class], gross - net, {**facts, "tax": "VAT"}


def _modification(piece: Mapping[str, Any]) -> Money:
    """A modification covers the whole quantity already."""
    found = money(inner(piece, "priceModificationAmount").get("gross"), "priceModificationAmount")
    if found is None:
        raise Unreadable("a price modification has no amount; ask for the receipt by its number")
    return abs(found)


def _rate(told: Mapping[str, Any]) -> Decimal:
    """The tax rate is a text on receipts; insurance tax is no VAT and stays within the amount."""
    from_text = text(told, "taxRate")
    if not from_text or text(told, "taxType") not in ("", "VAT"):
        return Decimal(0)
    try:
        rate = Decimal(from_text)
    except ArithmeticError as error:
        raise Unreadable(f"taxRate is {from_text!r}, which is not a number") from error
    if not rate.is_finite() or not 0 <= rate < 100:
        raise Unreadable(f"taxRate is {from_text!r}, which is not a rate")
    return rate


def _line_id(piece: Mapping[str, Any]) -> str:
    """The smallest of the position's units; the article's SKU decides where the receipt holds only some of a line."""
    found = piece.get("positionItemIds")
    return min((str(unit) for unit in found), default="") if isinstance(found, list) else ""


def _quantity(piece: Mapping[str, Any]) -> int | None:
    value = piece.get("quantity")
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
