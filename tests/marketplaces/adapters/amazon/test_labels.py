"""The meaning of settlement labels, as met in real files."""

from __future__ import annotations

import pytest

from marketplaces.adapters.amazon.mapping.labels import classify
from marketplaces.canonical import LineClass as C

OTHER = "other-transaction"
MET = [
    ("Order", "ItemPrice", "Principal", C.PRINCIPAL, False),
    ("Order", "ItemPrice", "Tax", C.TAX, False),
    ("Order", "ItemPrice", "ShippingTax", C.TAX, False),
    ("Order", "ItemPrice", "GiftWrap", C.WRAP, False),
    ("Order", "ItemFees", "ShippingHB", C.COMMISSION, False),
    ("Order", "ItemFees", "FixedClosingFee", C.CLOSING, False),
    ("Order", "ItemFees", "DigitalServicesFeeFBA", C.DIGITAL_SERVICES, False),
    ("Order", "ItemFees", "FBAWeightBasedFee", C.FULFILMENT, False),
    ("Order", "ItemFees", "ShippingChargeback", C.FULFILMENT, False),
    ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping", C.TAX_WITHHELD, False),
    ("Order", "ItemFees", "MarketplaceFacilitatorVAT-Principal", C.TAX_WITHHELD, False),
    ("Order", "ItemWithheldTax", "TDS (Section 194-O)", C.TAX_WITHHELD, False),
    ("Order", "Promotion", "Principal", C.PROMOTION, False),
    ("Order", "Points", "PointsGranted", C.PROMOTION, False),
    ("Refund", "ItemPrice", "Principal", C.REFUND_PRINCIPAL, False),
    ("Refund", "ItemPrice", "ShippingTax", C.REFUND_TAX, False),
    ("Refund", "ItemPrice", "Goodwill", C.REFUND_OTHER, False),
    ("Refund", "ItemFees", "Commission", C.FEE_REVERSAL, True),
    ("Refund", "ItemFees", "RefundCommission", C.ADMINISTRATION_FEE, False),
    ("Refund", "ItemWithheldTax", "MarketplaceFacilitatorVAT-Principal", C.TAX_WITHHELD, True),
    ("Refund", "Promotion", "Shipping", C.REFUND_PROMOTION, False),
    ("Chargeback Refund", "ItemPrice", "Principal", C.CHARGEBACK, False),
    ("Chargeback Refund", "ItemFees", "Commission", C.FEE_REVERSAL, True),
    ("A-to-z Guarantee Refund", "ItemPrice", "Tax", C.CLAIM, False),
    ("Order_Retrocharge", "ItemPrice", "ShippingTax", C.TAX, False),
    ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", C.ADVERTISING, False),
    ("ServiceFee", "ItemFees", "FBAPerOrderFulfillmentFee", C.FULFILMENT, False),
    (OTHER, OTHER, "Subscription Fee", C.SUBSCRIPTION, False),
    ("ServiceFee", OTHER, "Subscription Fee", C.SUBSCRIPTION, False),
    ("Other-Transaction", "Other-Transaction", "  storage   FEE ", C.STORAGE, False),
    (OTHER, OTHER, "StorageRenewalBilling", C.STORAGE, False),
    (OTHER, OTHER, "FBACustomerReturnPerUnitFee", C.RETURN_HANDLING, False),
    (OTHER, OTHER, "Shipping label purchase", C.SHIPPING_LABEL, False),
    (OTHER, OTHER, "Shipping label purchase for return", C.RETURN_HANDLING, False),
    (OTHER, OTHER, "Current Reserve Amount", C.RESERVE_IN, False),
    (OTHER, OTHER, "Previous Reserve Amount Balance", C.RESERVE_OUT, False),
    (OTHER, OTHER, "Successful charge", C.CARRYOVER, False),
    (OTHER, OTHER, "Failed Disbursement", C.TRANSFER, False),
    (OTHER, "FBA Inventory Reimbursement", "REVERSAL_REIMBURSEMENT", C.REIMBURSEMENT, False),
    (OTHER, "FBA Inventory Reimbursement", "COMPENSATED_CLAWBACK", C.CLAWBACK, True),
    (OTHER, "FBA Inventory Reimbursement", "WAREHOUSE_LOST_REVERSAL", C.CLAWBACK, True),
    ("CouponRedemptionFee", "CouponRedemptionFee", "Spring coupon 123", C.MARKETING, False),
    ("SAFE-T Reimbursement", OTHER, "SAFE-T Reimbursement", C.REIMBURSEMENT, False),
    ("Transfer", OTHER, "anything", C.TRANSFER, False),
    ("Order - Reversal", "ItemFees", "Commission", C.COMMISSION, True),
    ("Storage Fee", OTHER, "Storage Fee", C.STORAGE, False),
]


@pytest.mark.parametrize(("kind", "group", "description", "expected", "is_reversal"), MET)
def test_it_knows_every_triple_that_was_met(kind, group, description, expected, is_reversal):
    assert classify(kind, group, description) == (expected, is_reversal)


@pytest.mark.parametrize(
    "labels",
    [
        ("Order", "ItemFees", "MoonFee"),
        ("Order", "Promotion", "Commission"),
        (OTHER, OTHER, "Orbital Docking Fee"),
        ("Order", OTHER, "Storage Fee"),
        ("ServiceFee", "ItemFees", "Something new"),
        ("", "", ""),
    ],
)
def test_it_leaves_a_triple_unknown_when_no_row_names_it(labels):
    assert classify(*labels) == (C.UNKNOWN, False)
