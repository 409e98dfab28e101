"""The columns of a cost sheet, in the order in which a download has them."""

from __future__ import annotations

from config.core.sheets.reading import Layout

AMOUNTS = ("purchase", "inbound", "insurance", "customs", "other")
COLUMNS = ("sku", "warehouse", "vendor", "currency", "valid_from", *AMOUNTS, "vat_rate", "is_end")
REQUIRED = ("sku", "currency", "valid_from", "purchase")
MARK = "suggestion"
"""Filled where we propose amounts: whoever agrees empties the cell, and a row that still has it is not used."""

LAYOUT = Layout(columns=(*COLUMNS, MARK), required=REQUIRED)
MEANING = {
    "sku": "the code of the SKU",
    "warehouse": "the code of the warehouse; empty for all that have no cost of their own",
    "vendor": "who sells it to you; may be empty",
    "currency": "such as EUR",
    "valid_from": "the first day, as 2026-09-01 or 1.9.2026",
    "purchase": "what one piece costs, without VAT",
    "inbound": "shipping to the warehouse, per piece; the same for insurance, customs and other",
    "vat_rate": "what the vendor adds, in percent, such as 19; may be empty",
    "is_end": "yes, when from this day on no cost is known; the amounts stay empty",
    MARK: "empty it to agree with the amounts that we propose",
}
