"""Metrics whose figures come from parcels, statements, comparisons and shortages."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from catalog.models import ParityRun
from catalog.services import products
from config.core import clock
from inventory.models import Feed, Shortage, Warehouse
from tests.tickets.conftest import place_order
from tickets.health import seed
from tickets.health.base import Seller, Span
from tickets.health.limited import readings
from tickets.health.oversold import within_week
from tickets.health.parity import interval, revenue_share
from tickets.health.windows import Rule
from tickets.models import HealthDay
from tickets.services import health

TODAY = date(2026, 10, 2)


def test_a_floor_is_used_by_what_fails():
    rule = Rule(limit=Decimal("0.95"), window_days=30)
    span = Span(days=[TODAY], sellers=[Seller(1, "x", TODAY)], now=clock.now(), rules={("", "scans"): [rule]})
    (found,) = readings(span, "scans", {"orders": {1: {TODAY: (3, 100)}}}, is_floor=True)
    assert (found.value, found.numerator, found.denominator) == (Decimal("0.97"), 97, 100)
    assert (found.used, found.left) == (Decimal("0.6"), 2)


def test_of_several_windows_the_one_counts_that_has_used_most():
    rules = [Rule(limit=Decimal("0.04"), window_days=days) for days in (1, 30)]
    span = Span(days=[TODAY], sellers=[Seller(1, "x", TODAY)], now=clock.now(), rules={("x", "late"): rules})
    counts = {TODAY: (0, 10), TODAY - timedelta(days=5): (5, 90)}
    (found,) = readings(span, "late", {"orders": {1: counts}})
    assert (found.value, found.used) == (Decimal("0.05"), Decimal("1.25"))
    assert [each["failures"] for each in found.facts["windows"]] == [0, 5]


def test_the_interval_is_wilsons():
    assert interval(1, 10) == (Decimal("0.017876"), Decimal("0.404156"))
    assert interval(0, 0) is None
    assert interval(0, 1000)[0] == 0


def test_drift_is_weighed_by_revenue_per_currency():
    revenue = {"EUR": {"all": "200.00", "drifted": "5.00"}, "GBP": {"all": "0", "drifted": "0"}}
    assert revenue_share(revenue) == {"EUR": "0.0250"}


def test_a_shortage_counts_for_seven_days():
    days = {TODAY: 1, TODAY - timedelta(days=6): 2, TODAY - timedelta(days=7): 4}
    assert within_week(days, TODAY) == 3


@pytest.mark.django_db
def test_the_last_full_comparison_of_the_day_tells_drift(shop, noon):
    seed.seed()
    for hours, drifted, cause in ((5, 9, ""), (3, 1, ""), (1, 7, "after the launch")):
        ParityRun.objects.create(
            account=shop, at=noon - timedelta(hours=hours), cause=cause, compared=110, equal=90, under_way=0,
            price_drifted=drifted, quantity_drifted=1, oversellable=1, other_drifted=0, unread=10,
        )  # fmt: skip
    health.measure()
    found = HealthDay.objects.get(metric="parity", day=TODAY)
    assert (found.value, found.numerator, found.denominator, found.band) == (Decimal("0.02"), 2, 100, "watch")


@pytest.mark.django_db
def test_orders_without_goods_are_oversold(shop, noon):
    seed.seed()
    place = Warehouse.objects.create(code="home", label="Home", pool="merchant", fulfilment="merchant")
    Feed.objects.create(account=shop, warehouse=place, starts_at=noon)
    line = place_order(shop, 1, due_in_hours="9").lines.get()
    Shortage.objects.create(
        order_line=line, account=shop, sku=products.create(code="MUG", title="Mug", brand="Kiln"), missing=2, since=noon,
        changed_at=noon,
    )  # fmt: skip
    health.measure()
    found = HealthDay.objects.get(metric="oversold", day=TODAY)
    assert (found.value, found.band) == (1, "risk")
