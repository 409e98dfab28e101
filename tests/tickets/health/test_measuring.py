"""From orders and events to measured rows with their bands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from config.core import clock
from inventory.models import OrderEvent
from marketplaces.models import Command, Gap
from tests.tickets.conftest import place_order, ship
from tickets.health import seed
from tickets.models import HealthBand, HealthDay, ServiceLimit
from tickets.services import health

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 2)


@pytest.fixture(autouse=True)
def _rows(db):
    seed.seed()


def row(metric, day=TODAY):
    return HealthDay.objects.get(metric=metric, day=day)


def sent(order, *, after_hours):
    ship(order)
    at = order.ship_by + timedelta(hours=after_hours)
    OrderEvent.objects.create(
        account=order.account, order=order, order_ref=order.external_id, kind="shipped", source="orders",
        event_id=f"E{order.pk}", happened_at=at, received_at=at,
    )  # fmt: skip


def due(account, number, *, days_ago=1, **changes):
    return place_order(account, number, due_in_hours=f"{-24 * days_ago}", **changes)


def test_late_orders_are_those_that_left_after_their_promise_or_not_at_all(shop):
    for number in range(97):
        sent(due(shop, number), after_hours=-1)
    sent(due(shop, 97), after_hours=1)
    due(shop, 98)
    due(shop, 99, fulfilment="marketplace")
    due(shop, 100, status="cancelled")
    health.measure()
    found = row("late_dispatch")
    assert (found.numerator, found.denominator, found.value) == (2, 99, Decimal("0.020202"))
    assert (found.band, found.used, found.left) == ("watch", Decimal("0.5050"), 1)


def test_orders_of_which_nothing_says_when_they_left_are_not_counted(shop):
    ship(due(shop, 1, changed_at=clock.now()))
    ship(due(shop, 2, changed_at=clock.now() - timedelta(days=3)))
    health.measure()
    assert (row("late_dispatch").numerator, row("late_dispatch").denominator) == (0, 1)


def test_cancelled_units_count_unless_the_buyer_asked(shop):
    for number in range(100):
        place_order(shop, number, due_in_hours="9")
    for number in (0, 1):
        order = shop.orders.get(external_id=f"O-{number:04d}")
        order.lines.update(quantity_cancelled=2, cancel_requested=number == 1)
    health.measure()
    found = row("cancellation")
    assert (found.numerator, found.denominator, found.band) == (1, 100, "stable")


def test_a_month_of_cancellations_says_what_it_will_cost(shop):
    tiers = [["0.01", "0.05"], ["0.03", "0.10"]]
    ServiceLimit.objects.create(
        marketplace=shop.marketplace, metric="cancellation", limit="0.01", window="month", window_days=31, tiers=tiers,
        valid_from=TODAY,
    )  # fmt: skip
    ServiceLimit.objects.filter(marketplace=shop.marketplace, window="rolling").delete()
    for number in range(40):
        place_order(shop, number, due_in_hours="9", total="40")
    shop.orders.get(external_id="O-0000").lines.update(quantity_cancelled=2)
    health.measure()
    found = row("cancellation")
    assert (found.value, found.band, found.facts["penalty"]) == (Decimal("0.025"), "risk", {"EUR": "2.00"})


def test_a_missing_order_lowers_completeness_until_it_came(shop):
    for number in range(99):
        place_order(shop, number, due_in_hours="9")
    found_at = clock.now() - timedelta(hours=30)
    values = {"resource": "orders", "kind": "record", "revealed_by": "settlements", "found_at": found_at}
    Gap.objects.create(account=shop, external_id="X-1", state="open", **values)
    Gap.objects.create(account=shop, external_id="X-2", state="unfillable", **values)
    Gap.objects.create(account=shop, external_id="X-3", state="filled", filled_at=clock.now(), **values)
    health.measure()
    assert (row("completeness").value, row("completeness").band) == (Decimal("0.99"), "risk")
    yesterday = row("completeness", TODAY - timedelta(days=1))
    assert (yesterday.facts["missing"], yesterday.denominator) == (2, 101)


def test_what_is_not_measured_says_why(shop):
    place_order(shop, 1, due_in_hours="9")
    health.measure()
    found = row("completeness")
    assert (found.value, found.band) == (None, "")
    assert found.why == "only the order list spoke of its orders; completeness needs a second source"


def write(account, number, *, minutes_ago, live_after_s=None, kind="set_stock"):
    at = clock.now() - timedelta(minutes=minutes_ago)
    live_at = None if live_after_s is None else at + timedelta(seconds=live_after_s)
    Command.objects.create(
        account=account, kind=kind, key=f"C{number}", subject="MUG", state="confirmed" if live_at else "accepted",
        planned_at=at, confirmed_at=live_at,
    )  # fmt: skip


def test_changes_that_are_not_live_yet_count_with_their_age(shop):
    for number in range(18):
        write(shop, number, minutes_ago=30, live_after_s=20)
    write(shop, 18, minutes_ago=30, live_after_s=50)
    write(shop, 19, minutes_ago=10)
    write(shop, 20, minutes_ago=10, kind="set_price")
    health.measure()
    assert [row(f"delay_{share}").value for share in ("p50", "p95", "p99")] == [20, 50, 600]
    assert row("delay_p95").facts == {"open": 1, "slo_s": "60"}
    assert (row("delay_p95").numerator, row("delay_p95").denominator) == (19, 20)


def test_orders_that_are_not_read_any_more_are_a_risk(shop):
    shop.flows.filter(resource="orders").update(last_ok_at=clock.now() - timedelta(days=20))
    health.measure()
    assert row("order_age").band == "risk"
    assert not HealthDay.objects.filter(metric="order_age", day__lt=TODAY).exists()


def test_every_day_of_thirteen_weeks_is_measured_once(shop):
    first = health.measure()["measured"]
    with clock.frozen(clock.now() + timedelta(hours=1)):
        again = health.measure()["measured"]
    days = HealthDay.objects.filter(metric="late_dispatch").count()
    assert (days, first - again) == (31, 30 * (again - 1))


def test_the_narrowest_band_holds(shop):
    HealthBand.objects.create(metric="delay_p95", account=shop, stable=5, watch=10, valid_from=date(2026, 1, 1))
    write(shop, 1, minutes_ago=30, live_after_s=7)
    health.measure()
    assert row("delay_p95").band == "watch"
