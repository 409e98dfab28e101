"""Orders, from the order detail or from the reduced list (which has neither money nor address)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from config.core.clock import day_bounds
from config.core.money import Money, total
from marketplaces.adapters.bol.rows.reading import (
    CURRENCY,
    ZONE,
    counted,
    day,
    each,
    euros,
    fulfilment,
    moment,
    pieces_of,
    product_ids,
    records,
    required,
    text,
)
from marketplaces.canonical import Fulfilment, Order, OrderLine, OrderStatus, Rejected, Row
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, whole_page

ZERO = Money(Decimal(0), CURRENCY)
STORES = frozenset({"NL", "BE"})
SAME_DAY_FRAMES = frozenset({"SAMEDAY", "EVENING"})


@whole_page
def orders(page: Page) -> Iterator[Row | Rejected]:
    """One Order per order of a detail (`orderId` on top), a list (`orders`), or a bare list of either."""
    yield from each(pieces_of(read_json(page), "orders"), _orders, name="order", id_key="orderId")


def _orders(raw: Mapping[str, Any]) -> Iterator[Order]:
    items = records(raw, "orderItems")
    if not items:
        raise Unreadable("orderItems is missing or empty; ask for the order by its id")
    lines = tuple(_line(item) for item in items)
    changes = [when for item in items if (when := moment(item.get("latestChangedDateTime"), "latestChangedDateTime"))]
    country = text(inner(raw, "shipmentDetails"), "countryCode").upper()
    promised = _promised(items)
    yield Order(
        external_id=required(raw, "orderId"),
        changed_at=max(changes, default=None),
        channel=country if country in STORES else "",
        status=_status(lines),
        status_raw=",".join(sorted({text(item, "fulfilmentStatus") for item in items} - {""})),
        ordered_at=_ordered_at(raw, changes),
        fulfilment=_fulfilment(items),
        currency=CURRENCY,
        total=_total(lines),
        ship_by=promised and _ship_by(promised, items),
        deliver_by=promised and promised[1],
        ship_to_country=country,
        is_business=bool(text(inner(raw, "billingDetails"), "company", "vatNumber", "kvkNumber")),
        lines=lines,
        extra=_extra(raw),
    )


def _ordered_at(raw: Mapping[str, Any], changes: Sequence[datetime]) -> datetime:
    """The schema lets the placing time be left out; the first change is then the nearest thing known."""
    placed = moment(raw.get("orderPlacedDateTime"), "orderPlacedDateTime") or min(changes, default=None)
    if placed is None:
        raise Unreadable("orderPlacedDateTime is missing; ask for the order by its id")
    return placed


def _line(item: Mapping[str, Any]) -> OrderLine:
    offer, product = inner(item, "offer"), inner(item, "product")
    ordered = counted(item, "quantity")
    unit, paid = euros(item, "unitPrice"), euros(item, "totalPrice")
    gross = None if unit is None else unit * ordered
    commission = euros(item, "commission")
    return OrderLine(
        external_id=required(item, "orderItemId"),
        sku=text(offer, "reference") or text(item, "offerReference"),
        product_ids=product_ids(ean=text(product, "ean") or text(item, "ean"), offer=text(offer, "offerId")),
        title=text(product, "title"),
        quantity=ordered,
        **_handled(item, ordered),
        unit_price=unit,
        item_total=gross,
        discount=_discount(item, gross, paid),
        expected_fee=None if commission is None else -commission,
        cancel_requested=item.get("cancellationRequest") is True,
        extra=_line_extra(item, paid),
    )


def _handled(item: Mapping[str, Any], ordered: int) -> dict[str, Any]:
    shipped = counted(item, "quantityShipped", default=0)
    cancelled = counted(item, "quantityCancelled", default=0)
    if shipped + cancelled > ordered:
        raise Unreadable(
            f"shipped {shipped} and cancelled {cancelled} exceed the quantity {ordered}; ask for the order again"
        )
    return {"quantity_shipped": shipped, "quantity_cancelled": cancelled}


def _discount(item: Mapping[str, Any], gross: Money | None, paid: Money | None) -> Money | None:
    """The sum of the named discounts; where they are left out, what the customer did not pay."""
    named = [euros(part, "amount") for part in records(item, "discounts")]
    told = [part for part in named if part is not None]
    if told:
        return abs(total(told, CURRENCY))
    if "discounts" in item or gross is None or paid is None:
        return ZERO if "discounts" in item else None
    return gross - paid


def _total(lines: Sequence[OrderLine]) -> Money | None:
    """What the customer pays for all lines; None as soon as one price is not told."""
    paid = [line.item_total - (line.discount or ZERO) for line in lines if line.item_total is not None]
    return total(paid, CURRENCY) if len(paid) == len(lines) else None


def _status(lines: Sequence[OrderLine]) -> OrderStatus:
    """The three quantities decide: `HANDLED` does not say whether a line was shipped or cancelled."""
    shipped = sum(line.quantity_shipped for line in lines)
    waiting = sum(line.quantity - line.quantity_shipped - line.quantity_cancelled for line in lines)
    if waiting:
        return OrderStatus.PARTIALLY_SHIPPED if shipped else OrderStatus.TO_SHIP
    return OrderStatus.SHIPPED if shipped else OrderStatus.CANCELLED


def _fulfilment(items: Sequence[Mapping[str, Any]]) -> Fulfilment:
    found = {fulfilment(text(inner(item, "fulfilment"), "method") or text(item, "fulfilmentMethod")) for item in items}
    return found.pop() if len(found) == 1 else Fulfilment.UNKNOWN


def _promised(items: Sequence[Mapping[str, Any]]) -> tuple[datetime, datetime] | None:
    """First and last moment of the earliest promised delivery day."""
    promises = (inner(item, "fulfilment") for item in items)
    days = [
        found
        for p in promises
        if (found := day(text(p, "exactDeliveryDate", "latestDeliveryDate"), "latestDeliveryDate"))
    ]
    return day_bounds(min(days), ZONE) if days else None


def _ship_by(promised: tuple[datetime, datetime], items: Sequence[Mapping[str, Any]]) -> datetime:
    """bol promises a delivery day only; a parcel has to leave before that day begins, or on it for same-day frames."""
    frames = {text(inner(item, "fulfilment"), "timeFrameType") for item in items}
    return promised[1] if frames & SAME_DAY_FRAMES else promised[0]


def _extra(raw: Mapping[str, Any]) -> dict[str, Any]:
    at_pickup = raw.get("pickupPoint", raw.get("pickUpPoint"))
    return {"pickup_point": at_pickup} if isinstance(at_pickup, bool) else {}


def _line_extra(item: Mapping[str, Any], paid: Money | None) -> dict[str, Any]:
    promise = inner(item, "fulfilment")
    services = [text(service, "serviceType") for service in records(item, "additionalServices")]
    found = {
        "total_price": "" if paid is None else str(paid.amount),
        "distribution_party": text(promise, "distributionParty"),
        "time_frame": text(promise, "timeFrameType"),
        "expires_on": text(promise, "expiryDate"),
        "services": services,
    }
    return {key: value for key, value in found.items() if value}
