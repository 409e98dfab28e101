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
    rates = [
        (date(2026, 1, 1), {181: Decimal("0.40"), 366: Decimal("6.00")}),
        (date(2026, 10, 15), {181: Decimal("0.50"), 366: Decimal("6.90"), 0: Decimal(9)}),
        (date(2026, 10, 16), {181: Decimal(9)}),
    ]
    assert ageing.next_snapshot(TODAY) == date(2026, 10, 15)
    assert ageing.next_snapshot(date(2026, 12, 15)) == date(2027, 1, 15)
    slow = {"today": TODAY, "per_day": Decimal("0.8")}
    assert ageing.surcharge(receipts, 0, **slow, rates=rates) == Decimal("84.00")
    assert ageing.surcharge(receipts, 0, **slow, rates=rates[:1]) == Decimal("72.00")
    assert ageing.surcharge(receipts, 0, **slow, rates=rates[2:]) is None


def test_it_tells_how_many_units_turn_old_enough_before_the_next_charge():
    receipts = [
        (TODAY - timedelta(days=days), units) for days, units in ((150, 7), (167, 5), (168, 9), (180, 30), (200, 20))
    ]
    found = ageing.forecast(receipts, 0, today=TODAY, per_day=Decimal(2))
    assert (found.on, found.charged, found.crossing) == (date(2026, 10, 15), 33, 33)
    assert {start: units for start, units in found.units.items() if units} == {91: 12, 181: 33}
    assert ageing.forecast(receipts, 0, today=TODAY, per_day=Decimal(0)).crossing == 39
