"""What each kind of booking on an account statement is, as a table.

Signs are unverified: a charge is a cost and its reversal a credit whatever the file writes; the others are taken as told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from marketplaces.canonical import LineClass as C

Sign = Literal["cost", "credit", "told"]


@dataclass(frozen=True, slots=True)
class Booking:
    line_class: C
    sign: Sign = "told"
    is_reversal: bool = False
    is_payout: bool = False


UNKNOWN = Booking(C.UNKNOWN)
SALE = Booking(C.PRINCIPAL)
PAYOUT = Booking(C.TRANSFER, is_payout=True)
BOOKINGS = {
    "COMMISSION": Booking(C.COMMISSION, "cost"),
    "PROVISION": Booking(C.COMMISSION, "cost"),
    "COMMISSION_REVERSAL": Booking(C.FEE_REVERSAL, "credit", is_reversal=True),
    "PROVISION_CORRECTION": Booking(C.FEE_REVERSAL, is_reversal=True),
    "PAYMENTFEE": Booking(C.PAYMENT_FEE, "cost"),
    "PAYMENTFEE_REFUND": Booking(C.PAYMENT_FEE, "credit", is_reversal=True),
    "FINANCING_FEE_INVOICE": Booking(C.PAYMENT_FEE, "cost"),
    "FINANCING_FEE_REFUND_INVOICE": Booking(C.PAYMENT_FEE, "credit", is_reversal=True),
    "RATENAUFSCHLAG": Booking(C.PAYMENT_FEE),
    "BESTELLGEBÜHR": Booking(C.CLOSING, "cost"),
    "SERVICE": Booking(C.SUBSCRIPTION, "cost"),
    "VAT_REFUND": Booking(C.TAX),
    "PAY_IN": SALE,
    "PARTNER_PAYOUT": PAYOUT,
    "AUSZAHLUNG": PAYOUT,
    "DIRECT_DEBIT": PAYOUT,
}
REFUNDED = {
    C.PRINCIPAL: C.REFUND_PRINCIPAL,
    C.SHIPPING: C.REFUND_SHIPPING,
    C.PROMOTION: C.REFUND_PROMOTION,
}
TAX_OF = {
    **dict.fromkeys((C.PRINCIPAL, C.SHIPPING, C.PROMOTION), C.TAX),
    **dict.fromkeys(REFUNDED.values(), C.REFUND_TAX),
}
_DELIVERY = re.compile(r"versand|liefer|delivery|shipping", re.I)
_DISCOUNT = re.compile(r"rabatt|gutschein|discount|voucher", re.I)
_CREDIT_NOTE = re.compile(r"gutschrift|refund|credit", re.I)


def booking(word: str) -> Booking:
    return BOOKINGS.get(re.sub(r"[\s-]+", "_", word.strip()).upper(), UNKNOWN)


def sale_class(text: str, document_kind: str, *, is_negative: bool) -> C:
    """What a payment of a buyer was for: goods, delivery or a discount, sold or given back.

    The document's kind decides whether it is a refund; where it is not told, money that leaves is one.
    """
    line_class = C.SHIPPING if _DELIVERY.search(text) else C.PROMOTION if _DISCOUNT.search(text) else C.PRINCIPAL
    is_refund = is_negative != (line_class is C.PROMOTION)
    if document_kind:
        is_refund = bool(_CREDIT_NOTE.search(document_kind))
    return REFUNDED[line_class] if is_refund else line_class
