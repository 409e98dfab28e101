"""bol's invoice line types in our words. Read from the line id `order#ean#TYPE`; a type not listed stays UNKNOWN."""

from __future__ import annotations

from dataclasses import dataclass

from marketplaces.canonical import LineClass

_CLASSES = {
    "COMMISSION": LineClass.COMMISSION,
    "COMPENSATION": LineClass.REIMBURSEMENT,
    "COMPENSATION_LOST_GOODS": LineClass.REIMBURSEMENT,
    "SHIPMENT_LABEL": LineClass.SHIPPING_LABEL,
    "SHIPMENT_LABEL_POST": LineClass.SHIPPING_LABEL,
    "DISTRIBUTION_BY_BOLCOM_LABEL": LineClass.SHIPPING_LABEL,
    "PLAZA_RETURN_SHIPPING_LABEL": LineClass.RETURN_HANDLING,
    "PICK_PACK": LineClass.FULFILMENT,
    "OUTBOUND": LineClass.FULFILMENT,
    "FIRST_MILE": LineClass.FULFILMENT,
    "LOGISTICAL_CHARGE": LineClass.FULFILMENT,
    "STOCK": LineClass.STORAGE,
    "NCK_STOCK": LineClass.STORAGE,
    "RETAILER_AUTHORIZATION": LineClass.SUBSCRIPTION,
    "SPONSORED_PRODUCTS": LineClass.ADVERTISING,
    "DAY_OFFER_BOOSTER": LineClass.ADVERTISING,
    "DISPLAY_ONSITE": LineClass.ADVERTISING,
    "DISPLAY_OFFSITE": LineClass.ADVERTISING,
    "ONLINE_MAGAZINES": LineClass.ADVERTISING,
    "PROMO_BOOSTER_PLUS": LineClass.ADVERTISING,
    "PROMO_BOOSTER_PLUS_HALF": LineClass.ADVERTISING,
    "SOCIAL_ADVERTISING": LineClass.ADVERTISING,
}
_SUFFIXES = ("_CORRECTION", "_DISCOUNT")
_PREFIX = "CORRECTION_"
_VAT_CLASSES = {
    LineClass.PRINCIPAL: LineClass.TAX,
    LineClass.PROMOTION: LineClass.TAX,
    LineClass.REFUND_PRINCIPAL: LineClass.REFUND_TAX,
    LineClass.REFUND_PROMOTION: LineClass.REFUND_TAX,
}


@dataclass(frozen=True, slots=True)
class LineType:
    """Our class of a line and of the VAT on it; a correction nets against the class that it corrects."""

    line_class: LineClass
    is_reversal: bool = False

    @property
    def vat_class(self) -> LineClass:
        """VAT on turnover is the buyer's tax; VAT on a fee belongs to that fee."""
        return _VAT_CLASSES.get(self.line_class, self.line_class)


def line_type(word: str, *, is_ours: bool) -> LineType:
    """The class of a type; `is_ours` says that the amount goes to the seller.

    `CORRECTION_TURNOVER` is a refund to the buyer and `CORRECTION_COMMISSION` the commission given back for it.
    Turnover against its usual direction is a discount that the seller grants, or gets back with a refund.
    """
    name = word.strip().upper()
    if name == "TURNOVER":
        return LineType(LineClass.PRINCIPAL if is_ours else LineClass.PROMOTION)
    if name == "CORRECTION_TURNOVER":
        return LineType(LineClass.REFUND_PROMOTION if is_ours else LineClass.REFUND_PRINCIPAL, is_reversal=True)
    if name == "CORRECTION_COMMISSION":
        return LineType(LineClass.FEE_REVERSAL, is_reversal=True)
    original = name.removeprefix(_PREFIX)
    for suffix in _SUFFIXES:
        original = original.removesuffix(suffix)
    return LineType(_CLASSES.get(original, LineClass.UNKNOWN), is_reversal=original != name)
