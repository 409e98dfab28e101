"""Orders: units become lines, fees and discounts of the order are spread over the units they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.core.money import Money, split, total
from marketplaces.adapters.otto.rows import units
from marketplaces.adapters.otto.rows.reading import (
    COUNTRIES,
    CURRENCY,
    STORE,
    each,
    moment,
    money,
    pieces_of,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.adapters.otto.rows.units import CANCELLED, OPEN, SENT, WAITING, Unit
from marketplaces.canonical import Fulfilment, Order, OrderLine, OrderStatus, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page

ZERO = Money(Decimal(0), CURRENCY)


@whole_page
def orders(page: Page) -> Iterator[Row | Rejected]:
    """One Order per order of a list (`resources`) or of a single answer."""
    yield from each(pieces_of(read_json(page), "resources"), _orders, name="order", id_key="orderNumber")


def _orders(raw: Mapping[str, Any]) -> Iterator[Order]:
    found = units.lines(raw)
    placed = moment(raw.get("orderDate"), "orderDate")
    if not found or placed is None:
        raise Unreadable("positionItems or orderDate is missing; ask for the order by its number")
    fees, discounts = _fees(raw), _discounts(raw)
    lines = tuple(_line(line_id, of_line, fees, discounts) for line_id, of_line in found.items())
    states = [text(unit, "fulfillmentStatus") for of_line in found.values() for unit in of_line]
    country = text(inner(raw, "deliveryAddress"), "countryCode").upper()
    yield Order(
        external_id=required(raw, "orderNumber"),
        changed_at=_changed_at(raw),
        channel=STORE,
        status=status_of(states),
        status_raw=",".join(f"{word}:{count}" for word, count in sorted(Counter(states).items())),
        ordered_at=placed,
        fulfilment=Fulfilment.MERCHANT,
        currency=_currency(lines),
        total=_total(lines),
        deliver_by=_deliver_by(raw),
        ship_to_country=COUNTRIES.get(country, country if len(country) == 2 else ""),
        lines=lines,
        extra=_extra(raw),
    )


def status_of(states: Sequence[str]) -> OrderStatus:
    """The order's state from those of its units; cancelled units do not count while others live."""
    live = set(states) - CANCELLED
    if not live:
        return OrderStatus.CANCELLED
    if WAITING in live:
        return OrderStatus.PENDING
    if OPEN in live:
        return OrderStatus.PARTIALLY_SHIPPED if live & SENT else OrderStatus.TO_SHIP
    return OrderStatus.SHIPPED if live <= SENT else OrderStatus.UNKNOWN


def _line(line_id: str, found: Sequence[Unit], fees: Mapping[str, Money], discounts: Mapping[str, Money]) -> OrderLine:
    product = inner(found[0], "product")
    price = money(found[0].get("itemValueGrossPrice"), "itemValueGrossPrice")
    states = {units.unit_id(unit): text(unit, "fulfillmentStatus") for unit in found}
    count = Counter(states.values())
    zero = Money(Decimal(0), price.currency if price else CURRENCY)
    return OrderLine(
        external_id=line_id,
        sku=text(product, "sku"),
        product_ids=product_ids(ean=text(product, "ean")),
        title=text(product, "productTitle"),
        quantity=len(found),
        quantity_shipped=sum(count[word] for word in SENT),
        quantity_cancelled=sum(count[word] for word in CANCELLED),
        unit_price=price,
        item_total=price * len(found) if price else None,
        shipping=total((fees.get(unit, zero) for unit in states), zero.currency),
        discount=total((discounts.get(unit, zero) for unit in states), zero.currency),
        extra={
            "position_items": states,
            "article_number": text(product, "articleNumber"),
            "vat_rate": text(product, "vatRate"),
        },
    )


def _fees(raw: Mapping[str, Any]) -> dict[str, Money]:
    """Delivery fees by unit: one fee may cover several, and then is theirs by value."""
    return _spread(raw, "initialDeliveryFees", "deliveryFeeAmount")


def _discounts(raw: Mapping[str, Any]) -> dict[str, Money]:
    """What each unit costs less: as the units say themselves, else what the order's discounts name."""
    found = {}
    for unit in records(raw, "positionItems"):
        gross = money(unit.get("itemValueGrossPrice"), "itemValueGrossPrice")
        less = money(unit.get("itemValueDiscount"), "itemValueDiscount")
        paid = money(unit.get("itemValueReducedGrossPrice"), "itemValueReducedGrossPrice")
        if less is None and gross is not None and paid is not None:
            less = gross - paid
        if less is not None:
            found[units.unit_id(unit)] = abs(less)
    return found or {key: abs(part) for key, part in _spread(raw, "initialDiscounts", "discountAmount").items()}


def _spread(raw: Mapping[str, Any], key: str, name: str) -> dict[str, Money]:
    worth = {
        units.unit_id(unit): money(unit.get("itemValueGrossPrice"), "itemValueGrossPrice") or ZERO
        for unit in records(raw, "positionItems")
    }
    found: dict[str, Money] = {}
    for piece in records(raw, key):
        amount, named = money(piece.get(name), name), piece.get("positionItemIds")
        over = [unit for unit in map(str, named if isinstance(named, list) else []) if unit in worth] or list(worth)
        if amount is None or not over:
            continue
        for unit, part in zip(over, split(amount, [abs(worth[unit].amount) for unit in over]), strict=True):
            found[unit] = found[unit] + part if unit in found else part
    return found


def _currency(lines: Sequence[OrderLine]) -> str:
    return next((line.unit_price.currency for line in lines if line.unit_price), CURRENCY)


def _total(lines: Sequence[OrderLine]) -> Money | None:
    """What the buyer pays with delivery; None as soon as one price is not told."""
    zero = Money(Decimal(0), _currency(lines))
    paid = [
        line.item_total - (line.discount or zero) + (line.shipping or zero)
        for line in lines
        if line.item_total is not None
    ]
    return total(paid, _currency(lines)) if len(paid) == len(lines) else None


def _changed_at(raw: Mapping[str, Any]) -> Any:
    told = moment(raw.get("lastModifiedDate"), "lastModifiedDate")
    life = inner(raw, "orderLifecycleInformation")
    return told or moment(life.get("lifecycleChangeDate"), "lifecycleChangeDate")


def _deliver_by(raw: Mapping[str, Any]) -> Any:
    """The earliest promise among the units; some states come without one."""
    promised = [moment(u.get("expectedDeliveryDate"), "expectedDeliveryDate") for u in records(raw, "positionItems")]
    return min((at for at in promised if at), default=None)


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"sales_order_id": text(raw, "salesOrderId")}
    if method := text(inner(raw, "payment"), "paymentMethod"):
        found["payment_method"] = method
    if raw.get("suspectedFraudCase") is True:
        found["suspected_fraud"] = True
    return found
