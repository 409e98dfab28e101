"""The account map that a new client starts with: numbers of the German standard chart SKR 03, to be edited.

Sales by tax class; where the country of an order is not known they stand on an account of their own. The accounts
without a standard number (clearing, carried balances, reserves, advertising owed) take free ones beside money in transit.
Accounts such as 8400 reckon VAT by themselves: where statements tell it apart, their rows need the key that takes it away.
"""

from __future__ import annotations

from finance.journals import Purpose
from finance.models import AccountRule, Books

NO_TAX = "Tax Exempt"
_ROWS: tuple[tuple[Purpose, str, str, str], ...] = (
    (Purpose.REVENUE, "", "8200", "Marketplace sales, country not known"),
    (Purpose.REVENUE, "domestic", "8400", "Marketplace sales domestic"),
    (Purpose.REVENUE, "eu", "8320", "Marketplace sales EU consumers"),
    (Purpose.REVENUE, "eu_business", "8125", "Marketplace sales EU businesses"),
    (Purpose.REVENUE, "export", "8120", "Marketplace sales export"),
    (Purpose.REFUNDS, "", "8700", "Refunds, country not known"),
    (Purpose.REFUNDS, "domestic", "8720", "Refunds domestic"),
    (Purpose.REFUNDS, "eu", "8726", "Refunds EU consumers"),
    (Purpose.REFUNDS, "eu_business", "8724", "Refunds EU businesses"),
    (Purpose.REFUNDS, "export", "8705", "Refunds export"),
    (Purpose.TAX, "", "1770", "VAT collected on sales"),
    (Purpose.TAX_WITHHELD, "", "1789", "VAT remitted by the marketplace"),
    (Purpose.COMMISSION, "", "4760", "Marketplace commissions"),
    (Purpose.PAYMENT_FEE, "", "4971", "Payment fees"),
    (Purpose.FULFILMENT, "", "4730", "Fulfilment and shipping fees"),
    (Purpose.STORAGE, "", "4280", "Storage fees"),
    (Purpose.ADVERTISING, "", "1609", "Advertising owed"),
    (Purpose.SUBSCRIPTION, "", "4964", "Marketplace subscriptions"),
    (Purpose.PENALTY, "", "4396", "Marketplace penalties"),
    (Purpose.REIMBURSEMENT, "", "2742", "Reimbursements"),
    (Purpose.ADJUSTMENT, "", "2709", "Marketplace adjustments"),
    (Purpose.LOAN, "", "0630", "Marketplace loan"),
    (Purpose.FX, "", "2150", "Exchange differences"),
    (Purpose.RESERVE, "", "1363", "Marketplace reserves"),
    (Purpose.CLEARING, "", "1361", "Marketplace clearing"),
    (Purpose.CARRIED, "", "1362", "Statements carried over the month"),
    (Purpose.TRANSIT, "", "1360", "Money in transit"),
    (Purpose.BANK, "", "1200", "Bank"),
    (Purpose.BANK_FEE, "", "4970", "Bank charges"),
    (Purpose.ROUNDING, "", "4969", "Rounding differences"),
)


def seed() -> None:
    """Give the client this map where it has none; safe to run again."""
    if not Books.objects.exists():
        Books.objects.create()
    if not AccountRule.objects.exists():
        AccountRule.objects.bulk_create(
            AccountRule(purpose=purpose, tax_class=tax_class, code=code, name=name, tax_rate=NO_TAX)
            for purpose, tax_class, code, name in _ROWS
        )
