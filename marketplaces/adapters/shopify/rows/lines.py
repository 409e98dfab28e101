"""What a position of an order is worth: the same arithmetic for orders and for the captures that pay for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.core.money import Money, quantise, split, total
from marketplaces.adapters.shopify.rows.reading import count, has_more, money, needed, records, required_id, text
from marketplaces.pieces import inner, record

CANCELLING = "CANCEL"
TOO_LONG = "the order has more positions than were told; ask for it by its id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`goods` are before discounts for all units; `tax` is ours to pay, contained in the price where `is_contained`.

    `shipping` is the position's share of the order's, less discounts, with `shipping_tax`.
    """

    id: str
    sku: str
    raw: Mapping[str, Any]
    quantity: int
    cancelled: int
    unfulfilled: int
    unit_price: Money
    goods: Money
    discount: Money
    tax: Money
    rate: Decimal
    is_contained: bool
    shipping: Money
    shipping_tax: Money

    @property
    def units(self) -> int:
        """Units that were not taken off the order."""
        return self.quantity - self.cancelled

    @property
    def goods_left(self) -> Money:
        return self.goods if self.units == self.quantity else self.unit_price * self.units

    @property
    def paid_for_goods(self) -> Money:
        """Goods that are left less discounts, as the price shows them (with the tax or without)."""
        return self.goods_left - self.discount if self.units else self.goods_left

    @property
    def tax_left(self) -> Money:
        """The tax of the units that are left: as told for all of them, else by the rate."""
        if self.units == self.quantity:
            return self.tax
        rate = self.rate / (1 + self.rate) if self.is_contained else self.rate
        return Money(quantise(self.paid_for_goods.amount * rate, self.goods.currency), self.goods.currency)

    @property
    def worth(self) -> Money:
        """What the buyer pays for the units that are left, without shipping."""
        return self.paid_for_goods if self.is_contained else self.paid_for_goods + self.tax_left


def lines_of(order: Mapping[str, Any]) -> tuple[Line, ...]:
    """The positions with their shares of shipping; an order that was cut off by its page is Unreadable."""
    raws = [record(raw, "lineItems") for raw in records(order, "lineItems")]
    contained = order.get("taxesIncluded") is True
    back = returned_units(order)
    plain = [_line(raw, is_contained=contained, returned=back.get(required_id(raw), 0)) for raw in raws]
    return _with_shipping(order, plain)


def is_cut_off(order: Mapping[str, Any]) -> bool:
    return has_more(order.get("lineItems"))


def returned_units(order: Mapping[str, Any]) -> dict[str, int]:
    """Units by position that were refunded after they had been sent: any restock type but CANCEL."""
    found: dict[str, int] = {}
    for refund in records(order, "refunds"):
        for row in records(refund, "refundLineItems"):
            if text(row, "restockType") != CANCELLING:
                line = required_id(inner(row, "lineItem"))
                found[line] = found.get(line, 0) + count(row, "quantity")
    return found


def _line(raw: Mapping[str, Any], *, is_contained: bool, returned: int) -> Line:
    quantity = count(raw, "quantity")
    unit = needed(raw.get("originalUnitPriceSet"), "originalUnitPriceSet")
    goods = money(raw.get("originalTotalSet"), "originalTotalSet") or unit * quantity
    current = count(raw, "currentQuantity", quantity)
    zero = Money(Decimal(0), unit.currency)
    tax, rate = taxes(raw, unit.currency)
    return Line(
        id=required_id(raw),
        sku=text(raw, "sku") or text(inner(raw, "variant"), "sku"),
        raw=raw,
        quantity=quantity,
        cancelled=min(quantity, max(0, quantity - current - returned)),
        unfulfilled=max(0, count(raw, "unfulfilledQuantity", 0)),
        unit_price=unit,
        goods=goods,
        discount=_allocated(raw, unit.currency),
        tax=tax,
        rate=rate,
        is_contained=is_contained,
        shipping=zero,
        shipping_tax=zero,
    )


def _allocated(raw: Mapping[str, Any], currency: str) -> Money:
    """Discounts of the position and its share of those of the whole order."""
    given = [needed(a.get("allocatedAmountSet"), "allocatedAmountSet") for a in records(raw, "discountAllocations")]
    return total(given, currency)


def taxes(raw: Mapping[str, Any], currency: str) -> tuple[Money, Decimal]:
    """Tax that the merchant owes, and its rate; what the channel remits (`channelLiable`) is not ours."""
    ours = [line for line in records(raw, "taxLines") if line.get("channelLiable") is not True]
    told = total((needed(line.get("priceSet"), "the tax's priceSet") for line in ours), currency)
    return told, sum((Decimal(str(line.get("rate") or 0)) for line in ours), Decimal(0))


def _with_shipping(order: Mapping[str, Any], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Shipping is told for the order; each position has its share by what its goods cost."""
    if not lines:
        return ()
    currency = lines[0].goods.currency
    told = records(order, "shippingLines")
    price = total((needed(line.get("discountedPriceSet"), "discountedPriceSet") for line in told), currency)
    tax = total((taxes(line, currency)[0] for line in told), currency)
    if not price and not tax:
        return tuple(lines)
    weights = [max(line.goods.amount, Decimal(0)) for line in lines]
    weights = weights if any(weights) else [Decimal(1)] * len(lines)
    parts = zip(lines, split(price, weights), split(tax, weights), strict=True)
    return tuple(_replaced(line, share, share_of_tax) for line, share, share_of_tax in parts)


def _replaced(line: Line, shipping: Money, tax: Money) -> Line:
    named = {name: getattr(line, name) for name in Line.__dataclass_fields__}
    return Line(**{**named, "shipping": shipping, "shipping_tax": tax})
