"""A statement of the world as a settlement file: 24 columns, one amount per row, in the store's local style."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.stores import DOMAINS
from marketplaces.canonical import LineClass as C
from marketplaces.sandbox.facts import WorldStatement, WorldStatementLine

HEADER = (
    "settlement-id", "settlement-start-date", "settlement-end-date", "deposit-date", "total-amount", "currency",
    "transaction-type", "order-id", "merchant-order-id", "adjustment-id", "shipment-id", "marketplace-name",
    "amount-type", "amount-description", "amount", "fulfillment-id", "posted-date", "posted-date-time",
    "order-item-code", "merchant-order-item-id", "merchant-adjustment-item-id", "sku", "quantity-purchased",
    "promotion-id",
)  # fmt: skip
_COMMA = frozenset({"EUR"})
_ACCOUNT = "other-transaction"
_LABELS: dict[C, tuple[str, str, str]] = {
    C.PRINCIPAL: ("Order", "ItemPrice", "Principal"),
    C.SHIPPING: ("Order", "ItemPrice", "Shipping"),
    C.WRAP: ("Order", "ItemPrice", "GiftWrap"),
    C.TAX: ("Order", "ItemPrice", "Tax"),
    C.PROMOTION: ("Order", "Promotion", "Principal"),
    C.COMMISSION: ("Order", "ItemFees", "Commission"),
    C.CLOSING: ("Order", "ItemFees", "VariableClosingFee"),
    C.DIGITAL_SERVICES: ("Order", "ItemFees", "DigitalServicesFee"),
    C.FULFILMENT: ("Order", "ItemFees", "FBAPerUnitFulfillmentFee"),
    C.REFUND_PRINCIPAL: ("Refund", "ItemPrice", "Principal"),
    C.REFUND_SHIPPING: ("Refund", "ItemPrice", "Shipping"),
    C.REFUND_TAX: ("Refund", "ItemPrice", "Tax"),
    C.REFUND_PROMOTION: ("Refund", "Promotion", "Principal"),
    C.FEE_REVERSAL: ("Refund", "ItemFees", "Commission"),
    C.ADMINISTRATION_FEE: ("Refund", "ItemFees", "RefundCommission"),
    C.ADVERTISING: ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
    C.STORAGE: (_ACCOUNT, _ACCOUNT, "Storage Fee"),
    C.SUBSCRIPTION: (_ACCOUNT, _ACCOUNT, "Subscription Fee"),
    C.RETURN_HANDLING: (_ACCOUNT, _ACCOUNT, "FBACustomerReturnPerUnitFee"),
    C.SHIPPING_LABEL: (_ACCOUNT, _ACCOUNT, "Shipping label purchase"),
    C.RESERVE_IN: (_ACCOUNT, _ACCOUNT, "Current Reserve Amount"),
    C.RESERVE_OUT: (_ACCOUNT, _ACCOUNT, "Previous Reserve Amount Balance"),
    C.CARRYOVER: (_ACCOUNT, _ACCOUNT, "Payable to Amazon"),
    C.REIMBURSEMENT: (_ACCOUNT, "FBA Inventory Reimbursement", "WAREHOUSE_LOST"),
    C.CLAWBACK: (_ACCOUNT, "FBA Inventory Reimbursement", "COMPENSATED_CLAWBACK"),
    C.ADJUSTMENT: (_ACCOUNT, _ACCOUNT, "BalanceAdjustment"),
}
# The row that carries the VAT of another one; of the other classes VAT stays inside the amount.
_VAT = {
    C.PRINCIPAL: "Tax", C.SHIPPING: "ShippingTax", C.WRAP: "GiftWrapTax", C.PROMOTION: "TaxDiscount",
    C.REFUND_PRINCIPAL: "Tax", C.REFUND_SHIPPING: "ShippingTax", C.REFUND_PROMOTION: "TaxDiscount",
}  # fmt: skip


def settlement_file(statement: WorldStatement, number: str) -> bytes:
    """The whole file; its amounts sum to the total, unless the world has a trouble in it."""
    style = _Style(statement.currency)
    summary = [
        number, style.moment(statement.start), style.moment(statement.end),
        style.moment(datetime.combine(statement.deposit_on, statement.end.timetz())),
        style.amount(statement.total.amount), statement.currency,
    ]  # fmt: skip
    lines = ["\t".join(HEADER), "\t".join(summary)]
    for row in statement.lines:
        lines += ["\t".join(cells) for cells in _rows(row, number, style)]
    return ("\r\n".join(lines) + "\r\n").encode()


class _Style:
    """Decimal mark and date order of a currency's stores."""

    def __init__(self, currency: str) -> None:
        self.is_comma = currency in _COMMA
        self.day = "%d.%m.%Y" if self.is_comma else "%Y/%m/%d" if currency == "JPY" else "%Y-%m-%d"

    def moment(self, moment: datetime) -> str:
        return moment.strftime(f"{self.day} %H:%M:%S UTC")

    def amount(self, amount: Decimal) -> str:
        text = f"{amount:f}"
        return text.replace(".", ",") if self.is_comma else text


def _rows(row: WorldStatementLine, number: str, style: _Style) -> Iterator[list[str]]:
    kind, group, description = _LABELS[row.line_class]
    vat_name = _VAT.get(row.line_class)
    is_split = vat_name is not None and bool(row.vat)
    amount = row.amount if is_split else row.amount + row.vat
    labels = (_ACCOUNT, _ACCOUNT, row.renamed_to) if row.renamed_to else (kind, group, description)
    yield _cells(row, number, style, labels, amount.amount)
    if vat_name and is_split:
        yield _cells(row, number, style, (kind, group, vat_name), row.vat.amount)


def _cells(
    row: WorldStatementLine, number: str, style: _Style, labels: tuple[str, str, str], amount: Decimal
) -> list[str]:
    store = row.store
    values = {
        "settlement-id": number,
        "transaction-type": labels[0],
        "order-id": ids.order_id(row.order_serial, store) if row.order_serial and store else "",
        "shipment-id": f"S{row.order_serial}" if row.order_serial and not row.is_refund else "",
        "adjustment-id": f"R{row.line_serial}" if row.is_refund else "",
        "marketplace-name": DOMAINS[store.code].capitalize() if store else "",
        "amount-type": labels[1],
        "amount-description": labels[2],
        "amount": style.amount(amount),
        "posted-date": row.posted_at.strftime(style.day),
        "posted-date-time": style.moment(row.posted_at),
        "order-item-code": ids.line_id(row.line_serial) if row.line_serial else "",
        "sku": row.sku,
        "quantity-purchased": str(row.quantity or ""),
    }
    return [values.get(name, "") for name in HEADER]
