"""What each line of a settlement file means: their three labels -> our class. Values as met up to November 2026.

A row counts where every label equals or is `*`; the more specific row wins.
"""

from __future__ import annotations

from functools import lru_cache

from marketplaces.canonical import LineClass as C

_SALES = ("order", "refund", "chargeback refund", "a-to-z guarantee refund")
_TAXES = ("tax", "shippingtax", "giftwraptax", "codtax", "goodwilltax", "restockingfeetax", "returnshippingtax")
_NETWORK = (
    "fba inbound", "fbainboundtransportationfee", "fbainboundconveniencefee", "fbatransportationfee",
    "fbaperorderfulfillmentfee", "fbaperunitfulfillmentfee", "fbaweightbasedfee",
)  # fmt: skip
_OTHER = "*"

# transaction type, amount type, {description: class}
_GROUPS: tuple[tuple[str, str, dict[str, C]], ...] = (
    ("order", "itemprice", {
        "principal": C.PRINCIPAL, "shipping": C.SHIPPING, "giftwrap": C.WRAP, "cod": C.SHIPPING,
        "export charge": C.SHIPPING, "exportcharge": C.SHIPPING, **dict.fromkeys(_TAXES, C.TAX),
    }),
    ("order", "itemfees", {
        "commission": C.COMMISSION, "shippinghb": C.COMMISSION, "giftwrapcommission": C.COMMISSION,
        "variableclosingfee": C.CLOSING, "fixedclosingfee": C.CLOSING,
        "digitalservicesfee": C.DIGITAL_SERVICES, "digitalservicesfeefba": C.DIGITAL_SERVICES,
        "fbaperunitfulfillmentfee": C.FULFILMENT, "fbaperorderfulfillmentfee": C.FULFILMENT,
        "fbaweightbasedfee": C.FULFILMENT, "shippingchargeback": C.FULFILMENT, "giftwrapchargeback": C.FULFILMENT,
        "salestaxservicefee": C.ADJUSTMENT, "codchargeback": C.PAYMENT_FEE,
        "base fee": C.COMMISSION, "tax on fee": C.COMMISSION, "discount on fee": C.COMMISSION,
    }),
    ("order", "promotion", {"principal": C.PROMOTION, "shipping": C.PROMOTION, "taxdiscount": C.TAX}),
    ("order", "points", {"pointsgranted": C.PROMOTION}),
    ("refund", "itemprice", {
        "principal": C.REFUND_PRINCIPAL, "shipping": C.REFUND_SHIPPING, "giftwrap": C.REFUND_OTHER,
        "cod": C.REFUND_SHIPPING, "goodwill": C.REFUND_OTHER, "restockingfee": C.REFUND_OTHER,
        "returnshipping": C.REFUND_OTHER, "exportcharge": C.REFUND_SHIPPING, "export charge": C.REFUND_SHIPPING,
        **dict.fromkeys(_TAXES, C.REFUND_TAX),
    }),
    ("refund", "itemfees", {
        "commission": C.FEE_REVERSAL, "shippinghb": C.FEE_REVERSAL, "giftwrapcommission": C.FEE_REVERSAL,
        "digitalservicesfee": C.FEE_REVERSAL, "digitalservicesfeefba": C.FEE_REVERSAL,
        "shippingchargeback": C.FEE_REVERSAL, "giftwrapchargeback": C.FEE_REVERSAL,
        "variableclosingfee": C.FEE_REVERSAL, "fixedclosingfee": C.FEE_REVERSAL,
        "fbaperunitfulfillmentfee": C.FEE_REVERSAL, "salestaxservicefee": C.FEE_REVERSAL,
        "refundcommission": C.ADMINISTRATION_FEE,
    }),
    ("refund", "promotion", {
        "principal": C.REFUND_PROMOTION, "shipping": C.REFUND_PROMOTION, "taxdiscount": C.REFUND_TAX,
    }),
    ("refund", "points", {"pointsgranted": C.REFUND_PROMOTION, "pointsreturned": C.REFUND_PROMOTION}),
    ("order_retrocharge", _OTHER, dict.fromkeys((*_TAXES, _OTHER), C.TAX)),
    ("refund_retrocharge", _OTHER, dict.fromkeys((*_TAXES, _OTHER), C.REFUND_TAX)),
    ("servicefee", "cost of advertising", {_OTHER: C.ADVERTISING}),
    (_OTHER, "cost of advertising", {_OTHER: C.ADVERTISING}),
    *(("servicefee", group, dict.fromkeys(_NETWORK, C.FULFILMENT)) for group in ("itemfees", "shipment-fees")),
    ("couponredemptionfee", _OTHER, {_OTHER: C.MARKETING}),
    ("deal fee", _OTHER, {_OTHER: C.MARKETING}),
    ("lightning deal fee", _OTHER, {_OTHER: C.MARKETING}),
    ("vine enrollment fee", _OTHER, {_OTHER: C.MARKETING}),
    ("safe-t reimbursement", _OTHER, {_OTHER: C.REIMBURSEMENT}),
    ("buyerrecharge", _OTHER, {_OTHER: C.REFUND_OTHER}),
    ("liquidations", _OTHER, {_OTHER: C.ADJUSTMENT}),
    ("transfer", _OTHER, {_OTHER: C.TRANSFER}),
    (_OTHER, "fba inventory reimbursement", {
        "warehouse_lost": C.REIMBURSEMENT, "warehouse_damage": C.REIMBURSEMENT, "missing_from_inbound": C.REIMBURSEMENT,
        "cs_error_items": C.REIMBURSEMENT, "free_replacement_refund_items": C.REIMBURSEMENT,
        "reversal_reimbursement": C.REIMBURSEMENT, "incorrect_fees_non_itemized": C.REIMBURSEMENT,
        "multichannel_order_lost": C.REIMBURSEMENT, "multichannel_order_damaged": C.REIMBURSEMENT,
        "compensated_clawback": C.CLAWBACK,
    }),
)  # fmt: skip

# Descriptions of account-level lines that mean the same under every transaction type (in old files they are the type).
_ACCOUNT: dict[str, C] = {
    "subscription fee": C.SUBSCRIPTION, "subscription": C.SUBSCRIPTION,
    "storage fee": C.STORAGE, "fba long-term storage fee": C.STORAGE, "storagerenewalbilling": C.STORAGE,
    "fba storage fee": C.STORAGE, "removalcomplete": C.FULFILMENT, "disposalcomplete": C.FULFILMENT,
    "fbainboundtransportationfee": C.FULFILMENT, "inbound transportation fee": C.FULFILMENT,
    "fba inbound transportation fee": C.FULFILMENT,
    "fbacustomerreturnperunitfee": C.RETURN_HANDLING, "fbacustomerreturnperorderfee": C.RETURN_HANDLING,
    "fbacustomerreturnweightbasedfee": C.RETURN_HANDLING, "fba customer return per unit fee": C.RETURN_HANDLING,
    "shipping label purchase": C.SHIPPING_LABEL, "shipping label purchase for return": C.RETURN_HANDLING,
    "current reserve amount": C.RESERVE_IN, "previous reserve amount balance": C.RESERVE_OUT,
    "payable to amazon": C.CARRYOVER, "successful charge": C.CARRYOVER,
    "micro deposit": C.TRANSFER, "failed disbursement": C.TRANSFER, "manual processing fee": C.PAYMENT_FEE,
    "debt adjustment": C.ADJUSTMENT, "nonsubscriptionfeeadj": C.ADJUSTMENT, "balanceadjustment": C.ADJUSTMENT,
    "item fee adjustment": C.ADJUSTMENT, "safe-t reimbursement": C.REIMBURSEMENT, "buyerrecharge": C.REFUND_OTHER,
    "lightning deal fee": C.MARKETING, "deal fee": C.MARKETING, "vine enrollment fee": C.MARKETING,
    "coupon participation fee": C.MARKETING, "coupon performance fee": C.MARKETING, "couponredemptionfee": C.MARKETING,
    "warehouse_damage": C.REIMBURSEMENT, "warehouse_lost": C.REIMBURSEMENT, "compensated_clawback": C.CLAWBACK,
    "transactiontotalamount": C.ADVERTISING,
}  # fmt: skip
_WITHHELD = ("marketplacefacilitatortax-", "marketplacefacilitatorvat-", "lowvaluegoodstax-", "tcs-", "tds (")
_DISPUTES = {"chargeback refund": C.CHARGEBACK, "a-to-z guarantee refund": C.CLAIM}
_SUFFIXES = ("- reversal", "- correction", "-reversal", "-correction")

_TABLE: dict[tuple[str, str, str], C] = {
    (kind, group, description): line_class
    for kind, group, descriptions in _GROUPS
    for description, line_class in descriptions.items()
}


@lru_cache(maxsize=8192)
def classify(kind: str, group: str, description: str) -> tuple[C, bool]:
    """The class of a line, and whether it takes back an earlier one. Labels that no row names are UNKNOWN."""
    kind, group, description = (_plain(label) for label in (kind, group, description))
    kind, is_reversal = _without_suffix(kind)
    if description.startswith(_WITHHELD):
        return C.TAX_WITHHELD, is_reversal or kind.startswith("refund")
    if group == "fba inventory reimbursement" and description.endswith(("_clawback", "_reversal")):
        return C.CLAWBACK, True
    line_class = _look_up("refund" if kind in _DISPUTES else kind, group, description)
    if kind in _DISPUTES and group == "itemprice" and line_class is not C.UNKNOWN:
        line_class = _DISPUTES[kind]
    return line_class, is_reversal or line_class in (C.FEE_REVERSAL, C.CLAWBACK)


def _look_up(kind: str, group: str, description: str) -> C:
    patterns = (
        (kind, group, description),
        (_OTHER, group, description),
        (kind, group, _OTHER),
    )
    for pattern in patterns:
        if pattern in _TABLE:
            return _TABLE[pattern]
    if kind not in _SALES and description in _ACCOUNT:
        return _ACCOUNT[description]
    for pattern in ((kind, _OTHER, description), (kind, _OTHER, _OTHER), (_OTHER, group, _OTHER)):
        if pattern in _TABLE:
            return _TABLE[pattern]
    return C.UNKNOWN


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())


def _without_suffix(kind: str) -> tuple[str, bool]:
    for suffix in _SUFFIXES:
        if kind.endswith(suffix):
            return kind.removesuffix(suffix).strip(), True
    return kind, False
