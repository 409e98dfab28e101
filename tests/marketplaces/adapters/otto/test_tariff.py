"""The published commission: portions of a price by bracket, VAT on top."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal

import pytest

from finance import fees
from finance.models import FeeRule
from finance.tariffs import Sale
from marketplaces.adapters.otto.tariff import TARIFF

CENT = Decimal("0.01")


def commission(category: str, price: str, *, units: int = 1) -> Decimal | None:
    rules = [
        FeeRule(
            id=number,
            marketplace="otto",
            tolerance=CENT,
            tolerance_rate=CENT,
            **{key: value for key, value in asdict(row).items() if value is not None},
        )
        for number, row in enumerate(TARIFF, start=1)
    ]
    item = Decimal(price) * units
    sale = Sale(account_id=1, marketplace="otto", category=category, day=date(2026, 3, 2), currency="EUR", units=units,
                item=item, paid=item)  # fmt: skip
    return fees.expected(sale, rules)["commission"].amount


@pytest.mark.parametrize(
    ("category", "price", "units", "charged"),
    [
        ("clothing", "20.00", 1, "4.05"),
        ("clothing", "100.00", 1, "18.45"),
        ("clothing", "30.00", 2, "12.02"),
        ("furniture", "600.00", 1, "129.12"),
        ("watches", "300.00", 1, "61.88"),
        ("shoes", "80.00", 1, "14.28"),
    ],
)
def test_it_charges_each_portion_of_a_price_at_its_brackets_rate(category, price, units, charged):
    assert commission(category, price, units=units) == Decimal(charged)


def test_it_leaves_no_hole_between_the_brackets_of_a_group():
    for category in {row.category for row in TARIFF}:
        rows = [row for row in TARIFF if row.category == category]
        assert (rows[0].price_from, rows[-1].price_below) == (None, None)
        assert [row.price_below for row in rows[:-1]] == [row.price_from for row in rows[1:]]
        assert {row.valid_from for row in rows} == {date(2024, 10, 1)}
        assert all("unverified" in row.source for row in rows)
