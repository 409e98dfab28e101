"""What each type of balance transaction is. Longest beginning first; a type that no row names is UNKNOWN, never `other`."""

from __future__ import annotations

from marketplaces.canonical import LineClass as C

SALES = frozenset({"CHARGE"})
REFUNDS = frozenset({"REFUND"})
HIDDEN = frozenset({"TRANSFER", "PAYOUT"})
RESERVES = ("RESERVED_FUNDS", "RISK_", "CHARGEBACK_HOLD")

BEGINNINGS: dict[str, C] = {
    "CHARGE": C.PRINCIPAL,
    "CHARGE_ADJUSTMENT": C.ADJUSTMENT,
    "REFUND": C.REFUND_PRINCIPAL,
    "REFUND_FAILURE": C.ADJUSTMENT,
    "REFUND_ADJUSTMENT": C.ADJUSTMENT,
    "ADJUSTMENT": C.ADJUSTMENT,
    "DISPUTE_WITHDRAWAL": C.CHARGEBACK,
    "DISPUTE_REVERSAL": C.CHARGEBACK,
    "CHARGEBACK_FEE": C.PENALTY,
    "CHARGEBACK_PROTECTION": C.REIMBURSEMENT,
    "SELLER_PROTECTION": C.REIMBURSEMENT,
    "TRANSFER": C.TRANSFER,
    "SHIPPING_LABEL": C.SHIPPING_LABEL,
    "CUSTOMS_DUTY": C.SHIPPING_LABEL,
    "IMPORT_TAX": C.TAX_WITHHELD,
    "TAX_ADJUSTMENT": C.TAX_WITHHELD,
    "VAT_REFUND": C.ADJUSTMENT,
    "AGENTIC_FEE": C.COMMISSION,
    "BILLING_DEBIT": C.SUBSCRIPTION,
    "SHOP_CASH": C.MARKETING,
    "PROMOTION_CREDIT": C.MARKETING,
    "MARKETPLACE_FEE_CREDIT": C.FEE_REVERSAL,
    "REFERRAL_FEE": C.COMMISSION,
    "LENDING": C.LOAN,
    "ADVANCE": C.LOAN,
    "MARKETS_PRO": C.REIMBURSEMENT,
    "SHOPIFY_COLLECTIVE": C.ADJUSTMENT,
    "STRIPE_FEE": C.PAYMENT_FEE,
    "APPLICATION_FEE_REFUND": C.FEE_REVERSAL,
    "CURRENCY_CONVERSION": C.FX,
}


def class_of(kind: str, *, is_credit: bool) -> C:
    """The class of a movement's amount; a reserve goes in or out by its sign."""
    word = kind.upper()
    if word.startswith(RESERVES):
        return C.RESERVE_OUT if is_credit else C.RESERVE_IN
    fits = [beginning for beginning in BEGINNINGS if word == beginning or word.startswith(f"{beginning}_")]
    return BEGINNINGS[max(fits, key=len)] if fits else C.UNKNOWN
