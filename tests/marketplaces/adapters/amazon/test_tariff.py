"""Referral fees as they are published: bands, portions, minimum, and what is kept of a refund."""

from datetime import date
from decimal import Decimal

import pytest

from finance import fee_amounts, tariffs
from finance.fees import expected
from finance.models import FeeRule
from finance.services.tariffs import named
from finance.tariffs import Sale
from marketplaces.adapters.amazon.tariff import TARIFF

RULES = [FeeRule(pk=number, marketplace="amazon", **named(row)) for number, row in enumerate(TARIFF, start=1)]


def net(category, paid, *, on=date(2026, 9, 1), channel="DE", currency="EUR", units=1, tax=None):
    """The fee before VAT, or why none is told."""
    sale = Sale(
        account_id=1, marketplace="amazon", channel=channel, category=category, programme="merchant", day=on,
        currency=currency, units=units, item=Decimal(paid), paid=Decimal(paid), tax=tax,
    )  # fmt: skip
    rows, lacks = tariffs.version(RULES, sale, "commission")
    row, why = tariffs.tier(rows, sale) if rows else (None, "nothing")
    if row is None or lacks:
        return lacks or why
    row.vat = "reverse_charge"
    return fee_amounts.charge(row, tariffs.share(rows, row, sale), units, currency)


@pytest.mark.parametrize(
    ("category", "paid", "fee"),
    [
        ("beauty, health and personal care", "10.00", "0.80"),
        ("beauty, health and personal care", "10.01", "1.50"),
        ("clothing, shoes and accessories", "20.00", "2.00"),
        ("home and kitchen", "20.00", "1.60"),
        ("home and kitchen", "39.90", "5.98"),
        ("furniture", "260.00", "36.00"),
        ("watches", "350.00", "42.50"),
        ("computers", "2.00", "0.30"),
        ("books", "1.00", "0.15"),
    ],
)
def test_it_charges_the_published_share(category, paid, fee):
    assert net(category, paid) == Decimal(fee)


def test_it_does_not_guess_in_the_weeks_of_which_sources_differ():
    assert net("home and kitchen", "15.00", on=date(2025, 12, 31)) == Decimal("2.25")
    assert net("home and kitchen", "15.00", on=date(2026, 1, 10)) == "no_category"
    assert net("home and kitchen", "15.00", on=date(2026, 2, 1)) == Decimal("1.20")


@pytest.mark.parametrize(
    ("channel", "sides", "grams", "fee"),
    [
        ("AU", (200, 150, 10), 75, "2.04"),
        ("AU", (200, 150, 10), 76, "2.11"),
        ("AU", (201, 150, 10), 475, "2.94"),
        ("AU", (330, 230, 26), 225, "3.94"),
        ("AU", (330, 230, 51), 225, "4.78"),
        ("AU", (450, 340, 260), 11875, "13.19"),
        ("AU", (460, 340, 260), 500, "no_tier"),
        ("AU", None, 500, "no_size"),
        ("AE", (450, 340, 260), 500, "3.50"),
        ("AE", (450, 340, 260), 12000, "15.00"),
        ("AE", (450, 340, 261), 1000, "6.00"),
        ("AE", (450, 340, 260), 12001, "18.00"),
        ("AE", (900, 340, 260), 30000, "35.00"),
        ("AE", (900, 340, 260), None, "no_weight"),
    ],
)
def test_it_sends_by_size_and_weight(channel, sides, grams, fee):
    sale = Sale(
        account_id=1, marketplace="amazon", channel=channel, programme="marketplace", day=date(2026, 9, 1), units=2,
        currency={"AU": "AUD", "AE": "AED"}[channel], sides_mm=sides, weight_g=grams, fee_vats={"": Decimal(0)}, item=Decimal(20),
    )  # fmt: skip
    found = expected(sale, RULES)["fulfilment"]
    assert str(found.reason or found.amount / 2) == fee


def test_it_takes_the_minimum_per_piece():
    assert net("computers", "6.00", units=3) == Decimal("0.90")


def test_it_leaves_tax_out_of_the_base_in_australia():
    told = {"channel": "AU", "currency": "AUD"}
    assert net("toys", "110.00", tax=Decimal(10), **told) == Decimal("9.00")
    assert net("pets", "22.00", tax=Decimal(2), **told) == Decimal("1.40")


def test_it_knows_the_caps_of_what_is_kept_of_a_refund():
    caps = {row.currency: row.maximum for row in RULES if row.line_class == "administration_fee"}
    assert caps == {"EUR": Decimal(5), "USD": Decimal(5), "AED": Decimal(15), "BRL": Decimal(10)}
