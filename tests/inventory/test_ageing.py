from datetime import date, timedelta
from decimal import Decimal

import pytest

from inventory import ageing

TODAY = date(2026, 10, 2)


@pytest.mark.parametrize(
    ("age", "start"),
    [(0, 0), (30, 0), (31, 31), (60, 31), (61, 61), (90, 61), (91, 91), (180, 91), (181, 181), (210, 181), (211, 211),
     (240, 211), (241, 241), (270, 241), (271, 271), (300, 271), (301, 301), (330, 301), (331, 331), (365, 331),
     (366, 366), (900, 366)],
)  # fmt: skip
def test_it_puts_an_age_into_its_bucket(age, start):
    assert ageing.bucket(age) == start


def test_it_ships_the_oldest_units_first():
    receipts = [(TODAY - timedelta(days=days), units) for days, units in ((10, 40), (200, 30), (400, 20))]
    found = ageing.buckets(receipts, 25, TODAY)
    assert {start: units for start, units in found.items() if units} == {181: 25, 0: 40}
    assert sum(ageing.buckets(receipts, 90, TODAY).values()) == 0


def test_it_forecasts_what_the_next_snapshot_will_charge_after_expected_sales():
    receipts = [(TODAY - timedelta(days=days), units) for days, units in ((10, 40), (170, 30), (400, 20))]
    rates = {181: Decimal("0.50"), 366: Decimal("6.90"), 0: Decimal(9)}
    assert ageing.next_snapshot(TODAY) == date(2026, 10, 15)
    assert ageing.next_snapshot(date(2026, 12, 15)) == date(2027, 1, 15)
    assert ageing.surcharge(receipts, 0, today=TODAY, per_day=Decimal("0.8"), rates=rates) == Decimal("84.00")
