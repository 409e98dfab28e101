"""How urgent each finding is, by the table: what the reconciliation gives it, and what its ticket opens with."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django_tenants.utils import schema_context

from finance import discrepancies
from finance.fx.models import Rate
from finance.models import Deposit, Discrepancy, Settlement
from finance.models import DiscrepancyKind as K
from inventory.models import OrderLine
from marketplaces.canonical import LineClass as C
from tests.factories import NOON
from tests.finance.conftest import START, euro, line
from tests.finance.test_findings import FORTNIGHT, A, look, reserves, settle, sold
from tests.tickets.test_finance_detectors import difference, sweep
from tickets.models import Ticket

__all__ = ["settle", "sold"]
pytestmark = pytest.mark.django_db
SMALL = {
    K.MISSING_PAYMENT: "S2", K.SHORT_PAID: "S2", K.OVERPAID: "S4", K.FEE_OVERCHARGE: "S3", K.UNEXPECTED_FEE: "S3",
    K.UNKNOWN_LABEL: "S3", K.REFUND_WITHOUT_CREDIT: "S3", K.REFUND_WITHOUT_RETURN: "S3", K.REIMBURSEMENT_SHORT: "S3",
    K.DUPLICATE: "S2", K.UNMATCHED: "S3", K.RESERVE_HELD: "S3", K.DEPOSIT_MISMATCH: "S1", K.PAYOUT_RETURNED: "S1",
    K.FX_DIFFERENCE: "S4", K.TAX_ANOMALY: "S2", K.PENALTY: "S3", K.INCONSISTENT: "S2",
}  # fmt: skip
"""What the table says of small amounts; a missing statement is a ticket of a type of its own."""


def found() -> dict[str, str]:
    return dict(Discrepancy.objects.filter(state="open").values_list("kind", "severity"))


def test_it_opens_the_ticket_of_each_kind_as_urgent_as_the_table_says(account, noon):
    for number, (kind, severity) in enumerate(SMALL.items()):
        difference(account, NOON, key=f"k{number}", kind=kind, severity=severity, amount=Decimal("4.00"))
    sweep(account)
    told = {t.evidence["shows"]["kind"]: t.severity for t in Ticket.objects.filter(is_parent=False)}
    assert told == {str(kind): severity for kind, severity in SMALL.items()}


def paid(row, day=date(2026, 9, 16)):
    held = Settlement.objects.get(external_id="S-1")
    Deposit.objects.create(
        account=held.account, settlement=held, currency="EUR", amount=row, booked_on=day, imported_at=START
    )


@pytest.mark.parametrize(
    ("total", "rate", "severity"), [("40.00", None, "S2"), ("499.99", None, "S2"), ("500.00", None, "S1"),
                                    ("499.99", "0.8", "S1"), ("600.00", "50", "S2")],
)  # fmt: skip
def test_it_takes_five_hundred_of_the_reporting_currency_for_urgent(sold, settle, account, total, rate, severity):
    currency = {None: "EUR", "0.8": "GBP", "50": "TRY"}[rate]
    if rate:
        day = (START + timedelta(days=23)).date()
        Rate.objects.create(currency=currency, day=day, per_eur=Decimal(rate), source="bank", known_at=START)
    sold(item_total=euro(total))
    OrderLine.objects.update(currency=currency)
    settle(line(1, C.STORAGE, "-1"), period_end=START + 2 * FORTNIGHT, days=20)
    Settlement.objects.update(currency=currency)
    look(23)
    assert found() == {"missing_payment": severity}


def test_it_counts_in_euro_in_a_schema_that_is_no_clients(noon):
    with schema_context("north"):
        assert discrepancies._abroad(Decimal(500))["EUR"] == "500"


def test_it_calls_rows_that_nothing_matches_and_penalties_s3(settle):
    settle(line(1, C.PRINCIPAL, "5.00", **A), line(2, C.PENALTY, "-3.00"))
    assert found() == {"unmatched": "S3", "penalty": "S3"}


def test_it_calls_a_reserve_that_is_held_s3_and_a_missing_statement_s2(settle):
    settle(*reserves(1, "120", "85"), number=1)
    settle(*reserves(2, "50", "60"), number=2)
    assert found() == {"reserve_held": "S3"}
    look(60)
    assert found() == {"reserve_held": "S3", "statement_gap": "S2"}


def test_it_calls_a_deposit_that_differs_s1_and_a_statement_that_lacks_lines_s2(settle):
    settle(line(1, C.STORAGE, "-1"), total="9")
    assert found() == {"inconsistent": "S2"}
    paid(Decimal("8"))
    Settlement.objects.update(checked_at=None)
    look(20)
    assert found() == {"inconsistent": "S2", "deposit_mismatch": "S1"}


@pytest.mark.parametrize(("total", "severity"), [("1200", "S4"), ("12000", "S3")])
def test_it_calls_a_costly_rate_s3_and_any_other_s4(settle, total, severity):
    day = date(2026, 9, 15)
    Rate.objects.filter(currency="USD").delete()
    for each in (day, (START + timedelta(days=20)).date()):
        Rate.objects.create(currency="USD", day=each, per_eur=Decimal("1.1"), source="bank", known_at=START)
    settle(*reserves(1, total, "20"), deposit_on=day)
    Settlement.objects.update(payout_currency="USD", payout_rate=Decimal("1.07"))
    look(20)
    assert found() == {"fx_difference": severity}


def test_it_calls_tax_that_was_kept_in_part_s2(sold, settle):
    sold(tax=euro("8.00"))
    rows = [line(1, C.PRINCIPAL, "40.00", quantity=2, **A), line(2, C.TAX, "8.00", **A)]
    settle(*rows, line(3, C.TAX_WITHHELD, "-9.50", **A))
    assert found() == {"tax_anomaly": "S2"}
