"""Steps and margins as a person would say them."""

WORDS = {
    "gross": "gross price, shipping, wrap", "discounts": "discounts", "vat": "VAT", "refunds": "refunds without VAT",
    "net_revenue": "net revenue", "goods": "landed cost of goods kept", "cm1": "CM1", "fees": "commission and fees",
    "fulfilment": "fulfilment and shipping", "payment": "payment", "returns": "return handling",
    "reimbursements": "reimbursements", "cm2": "CM2", "advertising": "advertising", "storage": "storage",
    "other": "other charges", "cm3": "CM3", "rounding": "rounding of the steps above",
}  # fmt: skip
