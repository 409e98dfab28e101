"""Which positions a payment of an order is for, and what it consists of; the balance tells only the order and a sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.core.money import Money, quantise, split, total
from marketplaces.adapters.shopify.rows.lines import Line, is_cut_off, lines_of
from marketplaces.adapters.shopify.rows.reading import count, money, needed, number_of, records, required_id, text
from marketplaces.canonical import LineClass as C
from marketplaces.pieces import inner

CAPTURING = frozenset({"SALE", "CAPTURE"})


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a payment: its class, the position (None: the whole order), its units, the amount."""

    line_class: C
    line: Line | None
    quantity: int | None
    amount: Money


Parts = tuple[Part, ...]


def parts_of(order: Mapping[str, Any]) -> dict[str, Parts]:
    """By the id of each successful payment and refund of the order, what it consists of; nothing for a cut-off order."""
    if is_cut_off(order):
        return {}
    lines = lines_of(order)
    return {**_captures(order, lines), **dict(_refunds(order, lines))}


def scaled(parts: Parts, amount: Money) -> Parts:
    """The parts of what really moved: goods bear a difference in the same currency; without goods all do, in proportion."""
    due = total((part.amount for part in parts), parts[0].amount.currency)
    if due == amount:
        return parts
    goods = [place for place, part in enumerate(parts) if part.line_class in (C.PRINCIPAL, C.REFUND_PRINCIPAL)]
    if goods and due.currency == amount.currency:
        weights = [abs(parts[place].amount.amount) for place in goods]
        shares = dict(
            zip(goods, split(amount - due, weights if any(weights) else [Decimal(1)] * len(goods)), strict=True)
        )
        return tuple(_with(part, part.amount + shares[n]) if n in shares else part for n, part in enumerate(parts))
    rate = amount.amount / due.amount if due else Decimal(0)
    moved = [Money(quantise(part.amount.amount * rate, amount.currency), amount.currency) for part in parts]
    rest = amount - total(moved, amount.currency)
    return tuple(
        _with(part, sum_ + rest if n == 0 else sum_) for n, (part, sum_) in enumerate(zip(parts, moved, strict=True))
    )


def _with(part: Part, amount: Money) -> Part:
    return Part(part.line_class, part.line, part.quantity, amount)


def _captures(order: Mapping[str, Any], lines: Sequence[Line]) -> dict[str, Parts]:
    found: dict[str, Parts] = {}
    left = [line for line in lines if line.units]
    for payment in records(order, "transactions"):
        if text(payment, "kind") in CAPTURING and text(payment, "status") == "SUCCESS" and lines:
            taken, with_shipping = _paid_by(needed(payment.get("amountSet"), "amountSet"), left or list(lines))
            left = [line for line in left if line not in taken]
            found[required_id(payment)] = tuple(p for line in taken for p in _sale(line, with_shipping=with_shipping))
    return found


def _paid_by(amount: Money, left: Sequence[Line]) -> tuple[list[Line], bool]:
    """The positions whose worth is this sum: all that are left, or one; where no sum fits, all that are left."""
    shipping = total((_shipping(line) for line in left), amount.currency)
    worth = total((line.worth for line in left), amount.currency)
    if amount in (worth, worth + shipping):
        return list(left), bool(shipping) and amount == worth + shipping
    for line in left:
        if amount in (line.worth, line.worth + _shipping(line)):
            return [line], bool(_shipping(line)) and amount == line.worth + _shipping(line)
    return list(left), bool(shipping)


def _shipping(line: Line) -> Money:
    return line.shipping if line.is_contained else line.shipping + line.shipping_tax


def _sale(line: Line, *, with_shipping: bool) -> Iterator[Part]:
    """Goods, discount, shipping and tax of a position, net of tax and adding up to what was paid."""
    tax = line.tax_left
    discount = line.discount
    contained_tax = tax if line.is_contained else tax - tax
    if discount and line.is_contained and line.worth:
        discount -= Money(quantise(discount.amount * tax.amount / line.worth.amount, tax.currency), tax.currency)
    yield Part(C.PRINCIPAL, line, line.units, line.paid_for_goods - contained_tax + discount)
    if discount:
        yield Part(C.PROMOTION, line, line.units, -discount)
    if with_shipping and line.shipping:
        net = line.shipping - line.shipping_tax if line.is_contained else line.shipping
        yield Part(C.SHIPPING, line, line.units, net)
        tax += line.shipping_tax
    if tax:
        yield Part(C.TAX, line, line.units, tax)


def _refunds(order: Mapping[str, Any], lines: Sequence[Line]) -> Iterator[tuple[str, Parts]]:
    """Money goes back by the refund's own transactions; several of one refund share it in proportion."""
    known = {line.id: line for line in lines}
    for refund in records(order, "refunds"):
        parts = tuple(_returned(order, refund, known))
        for payment in records(refund, "transactions"):
            if text(payment, "kind") == "REFUND" and text(payment, "status") == "SUCCESS":
                paid = -needed(payment.get("amountSet"), "amountSet")
                yield required_id(payment), scaled(parts or (Part(C.REFUND_OTHER, None, None, paid),), paid)


def _returned(order: Mapping[str, Any], refund: Mapping[str, Any], known: Mapping[str, Line]) -> Iterator[Part]:
    """Refund amounts are told as positive numbers; without positions it is goodwill or shipping alone."""
    is_contained = order.get("taxesIncluded") is True
    for row in records(refund, "refundLineItems"):
        line = known.get(number_of(inner(row, "lineItem").get("id")))
        subtotal = needed(row.get("subtotalSet"), "subtotalSet")
        tax = money(row.get("totalTaxSet"), "totalTaxSet") or subtotal - subtotal
        units = count(row, "quantity")
        if subtotal:
            yield Part(C.REFUND_PRINCIPAL, line, units, -(subtotal - tax if is_contained else subtotal))
        if tax:
            yield Part(C.REFUND_TAX, line, units, -tax)
    for row in records(refund, "refundShippingLines"):
        yield Part(C.REFUND_SHIPPING, None, None, -needed(row.get("subtotalAmountSet"), "subtotalAmountSet"))
    for row in records(refund, "orderAdjustments"):
        told = needed(row.get("amountSet"), "amountSet")
        if told:
            yield Part(C.REFUND_OTHER, None, None, told)
