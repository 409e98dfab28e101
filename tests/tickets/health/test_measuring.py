"""From orders and events to measured rows with their bands."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.delays import SHARES, change_delays
from catalog.models import Listing, OfferChange, OfferField
from config.core import clock
from inventory.models import OrderEvent
from marketplaces.models import Gap
from tests.tickets.conftest import place_order, ship
from tickets.health import delays, seed
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
    assert (found.numerator, found.denominator, found.band) == (1, 100, "watch"), "only below 1% is stable"


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


@pytest.fixture
def offer(shop):
    listing = Listing.objects.create(
        account=shop, external_id="A1", channel="", title="Mug", status="active", fulfilment="merchant",
        changed_at=clock.now(),
    )  # fmt: skip
    return {
        name: OfferField.objects.create(listing=listing, account=shop, field=name) for name in ("quantity", "price")
    }


def change(offer, *, minutes_ago, live_after_s=None):
    at = clock.now() - timedelta(minutes=minutes_ago)
    live_at = None if live_after_s is None else at + timedelta(seconds=live_after_s)
    return OfferChange.objects.create(
        offer=offer, account=offer.account, cause_at=at, wanted_at=at, confirmed_at=live_at
    )


def test_changes_that_are_not_live_yet_count_with_their_age(offer):
    for _ in range(18):
        change(offer["quantity"], minutes_ago=30, live_after_s=20)
    change(offer["quantity"], minutes_ago=30, live_after_s=50)
    change(offer["quantity"], minutes_ago=10)
    change(offer["price"], minutes_ago=10)
    health.measure()
    found = row("sync_delay")
    assert (found.value, found.numerator, found.denominator, found.band) == (50, 19, 20, "stable")
    assert found.facts == {"p50": "20", "p99": "600", "open": 1, "within_s": 60}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 9 * 1440), st.none() | st.integers(0, 2 * 86_400)), min_size=1, max_size=12))
def test_the_database_reckons_delays_as_the_pure_rule_does(offer, made):
    OfferChange.objects.all().delete()
    rows = [change(offer["quantity"], minutes_ago=ago, live_after_s=live) for ago, live in made]
    ends = {TODAY - timedelta(days=n): clock.now() - timedelta(days=n) for n in range(3)}
    pure = {}
    for day, until in ends.items():
        known = [delays.Change(each.cause_at, each.confirmed_at) for each in rows]
        seen = [each.delay(until) for each in known if each.is_seen(until)]
        if seen:
            pure[day] = [delays.percentile(seen, share) for share in SHARES] + [len(seen)]
    found = change_delays(ends=ends, field="quantity", slo=60)
    assert {each.day: [each.p50, each.p95, each.p99, each.changes] for each in found} == pure


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


def test_the_narrowest_band_holds(shop, offer):
    HealthBand.objects.create(metric="sync_delay", account=shop, stable=5, watch=10, valid_from=date(2026, 1, 1))
    change(offer["quantity"], minutes_ago=30, live_after_s=7)
    health.measure()
    assert row("sync_delay").band == "watch"


def test_what_others_told_of_orders_is_counted_per_kind_with_what_we_show_of_it(shop):
    for number, (kind, source) in enumerate(
        [("shipped", "order_changes"), ("delivered", "order_changes"), ("cancelled", "queue"), ("shipped", "orders")]
    ):
        order = due(shop, number)
        if number == 0:
            ship(order)
        OrderEvent.objects.create(
            account=shop, order=order, order_ref=order.external_id, kind=kind, source=source, event_id=f"K{number}",
            happened_at=clock.now(), received_at=clock.now(),
        )  # fmt: skip
    health.measure()
    assert row("completeness").facts["kinds"] == {"shipped": "1 of 2", "cancelled": "0 of 1"}
