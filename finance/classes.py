"""Where each class of statement line belongs, as a table; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from marketplaces.canonical import LineClass as C


class Scope(StrEnum):
    """The six ledgers of a statement; each line stands in exactly one."""

    ORDER = "order"
    SHIPMENT = "shipment"
    ACCOUNT = "account"
    RESERVE = "reserve"
    TRANSFER = "transfer"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Placing:
    """Scope of a line that names an order, names only a shipment, or names neither.

    `is_soft`: the order id may be something else (a consignment, a claim); an order nobody knows then means `alone`.
    """

    with_order: Scope
    with_shipment: Scope
    alone: Scope
    is_soft: bool = False


_OF_ORDER = Placing(Scope.ORDER, Scope.SHIPMENT, Scope.QUARANTINE)
_FEE = Placing(Scope.ORDER, Scope.SHIPMENT, Scope.ACCOUNT)
_SOFT = Placing(Scope.ORDER, Scope.SHIPMENT, Scope.ACCOUNT, is_soft=True)
_ACCOUNT = Placing(Scope.ACCOUNT, Scope.ACCOUNT, Scope.ACCOUNT)
_RESERVE = Placing(Scope.RESERVE, Scope.RESERVE, Scope.RESERVE)
_TRANSFER = Placing(Scope.TRANSFER, Scope.TRANSFER, Scope.TRANSFER)
_QUARANTINE = Placing(Scope.QUARANTINE, Scope.QUARANTINE, Scope.QUARANTINE)

PLACES: dict[C, Placing] = {
    **dict.fromkeys((C.PRINCIPAL, C.SHIPPING, C.WRAP, C.PROMOTION), _OF_ORDER),
    **dict.fromkeys((C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_PROMOTION), _OF_ORDER),
    **dict.fromkeys((C.TAX, C.TAX_WITHHELD, C.REFUND_TAX, C.REFUND_OTHER, C.CHARGEBACK, C.CLAIM), _FEE),
    **dict.fromkeys((C.COMMISSION, C.CLOSING, C.PAYMENT_FEE, C.DIGITAL_SERVICES), _FEE),
    **dict.fromkeys((C.FEE_REVERSAL, C.ADMINISTRATION_FEE), _FEE),
    **dict.fromkeys((C.FULFILMENT, C.SHIPPING_LABEL, C.RETURN_HANDLING, C.PENALTY), _SOFT),
    **dict.fromkeys((C.REIMBURSEMENT, C.CLAWBACK, C.ADJUSTMENT), _SOFT),
    **dict.fromkeys((C.STORAGE, C.ADVERTISING, C.SUBSCRIPTION, C.MARKETING, C.LOAN, C.FX), _ACCOUNT),
    **dict.fromkeys((C.RESERVE_IN, C.RESERVE_OUT), _RESERVE),
    **dict.fromkeys((C.TRANSFER, C.CARRYOVER), _TRANSFER),
    C.UNKNOWN: _QUARANTINE,
}

SOFT = tuple(line_class.value for line_class, placing in PLACES.items() if placing.is_soft)

SALE = tuple(c.value for c in (C.PRINCIPAL, C.SHIPPING, C.WRAP, C.TAX, C.PROMOTION))
"""What the buyer paid for goods that left: the classes whose sum the order promises."""

ORDER_FEES = tuple(
    c.value for c in (C.COMMISSION, C.CLOSING, C.PAYMENT_FEE, C.DIGITAL_SERVICES, C.FULFILMENT, C.ADMINISTRATION_FEE)
)
ACCOUNT_FEES = tuple(c.value for c in (C.STORAGE, C.ADVERTISING, C.SUBSCRIPTION, C.MARKETING, C.PENALTY))

WHOLE_ORDER = tuple(
    c.value
    for c in (
        C.SHIPPING, C.PROMOTION, C.COMMISSION, C.CLOSING, C.PAYMENT_FEE, C.DIGITAL_SERVICES, C.FULFILMENT,
        C.SHIPPING_LABEL, C.RETURN_HANDLING, C.REFUND_SHIPPING, C.REFUND_PROMOTION, C.REFUND_OTHER, C.FEE_REVERSAL,
        C.ADMINISTRATION_FEE, C.TAX_WITHHELD, C.CHARGEBACK, C.CLAIM, C.REIMBURSEMENT, C.CLAWBACK, C.ADJUSTMENT, C.PENALTY,
    )
)  # fmt: skip
"""What may be about an order as a whole, and then is spread over its lines: never goods, wrapping or their tax."""

OF_REFUND = tuple(
    c.value
    for c in (
        C.REFUND_SHIPPING, C.REFUND_PROMOTION, C.REFUND_OTHER, C.FEE_REVERSAL, C.ADMINISTRATION_FEE, C.RETURN_HANDLING,
    )
)  # fmt: skip
"""What goes with a refund: about the refunded lines of an order alone, where any is known to be refunded."""

REFUNDS = tuple(
    c.value for c in (C.REFUND_PRINCIPAL, C.REFUND_SHIPPING, C.REFUND_TAX, C.REFUND_PROMOTION, C.REFUND_OTHER)
)

AMOUNTS: dict[C, tuple[str, ...]] = {
    **dict.fromkeys(
        (C.PRINCIPAL, C.REFUND_PRINCIPAL, C.CHARGEBACK, C.CLAIM), ("item_total", "unit_price", "net_total")
    ),
    **dict.fromkeys((C.SHIPPING, C.REFUND_SHIPPING), ("shipping",)),
    C.WRAP: ("gift_wrap",),
    **dict.fromkeys((C.TAX, C.REFUND_TAX), ("tax",)),
    **dict.fromkeys((C.PROMOTION, C.REFUND_PROMOTION), ("discount", "shipping_discount")),
    **dict.fromkeys((C.COMMISSION, C.FEE_REVERSAL), ("expected_fee",)),
}
"""Which amounts of an order line a statement line of a class may repeat, whatever the sign."""


def scope_of(line_class: C, *, has_order: bool, has_shipment: bool, is_same_currency: bool = True) -> Scope:
    """The scope by class and references alone; a line in another currency than its statement is quarantined."""
    if not is_same_currency:
        return Scope.QUARANTINE
    placing = PLACES[line_class]
    if has_order:
        return placing.with_order
    return placing.with_shipment if has_shipment else placing.alone
