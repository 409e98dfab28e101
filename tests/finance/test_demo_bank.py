"""The bank of the demo gives a CAMT.053 that our own reader takes, and whose balances agree with its bookings."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

from config.core.management.demo.bank import Booking, camt_file
from finance import camt

AT = datetime(2026, 10, 1, 9, tzinfo=UTC)
PAID = [
    Booking("shop", "2026-09-15", Decimal("100.50"), "EUR", "payout S-1"),
    Booking("shop", "2026-09-29", Decimal("-20.25"), "EUR", "payout S-2"),
    Booking("shop", "2026-09-20", Decimal("7.00"), "USD", "payout S-3"),
]


def test_it_is_read_booking_by_booking_with_balances_that_agree():
    balances: dict[str, camt.Balance] = {}
    rows = list(camt.read(io.BytesIO(camt_file(PAID, AT)), balances))
    assert [(r.iban[-4:], r.booked_on, r.amount, r.currency, r.reference) for r in rows] == [
        ("2051", date(2026, 9, 15), Decimal("100.50"), "EUR", "shop payout S-1"),
        ("2051", date(2026, 9, 29), Decimal("-20.25"), "EUR", "shop payout S-2"),
        ("5030", date(2026, 9, 20), Decimal("7.00"), "USD", "shop payout S-3"),
    ]
    assert [(b.opening, b.closing) for b in balances.values()] == [
        (Decimal("0.00"), Decimal("80.25")), (Decimal("0.00"), Decimal("7.00")),
    ]  # fmt: skip
