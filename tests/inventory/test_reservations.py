"""Orders reserve when they land, and what they hold follows from how they stand, however the news came."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import RemoteProduct
from catalog.services import products, remote
from config.core import clock
from inventory import sinks
from inventory.models import HoldTerm, Reservation, Shortage, StockMove
from inventory.reserving import Claim, Lack, Line, plan
from inventory.services import parked, reservations
from inventory.services.stock import reserve_orders
from marketplaces.canonical import Fulfilment, OrderStatus
from tests import factories
from tests.factories import NOON
from tests.inventory.conftest import feed, move, warehouse

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def order(status=OrderStatus.TO_SHIP, after=0, units=2, shipped=0, cancelled=0, name="O-1"):
    line = factories.order_line(quantity=units, quantity_shipped=shipped, quantity_cancelled=cancelled)
    return factories.order(name, status=status, lines=(line,), changed_at=NOON + after * HOUR)


@pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.TO_SHIP])
def test_it_reserves_when_an_order_lands_whether_it_is_paid_for_or_not(shop, status, noon):
    shop.move(5)
    shop.land(order(status))
    assert shop.level() == (5, 2, 3)


def test_it_takes_what_shipped_out_of_stock_and_keeps_what_did_not(shop):
    shop.move(5)
    shop.land(order(units=3))
    shop.land(order(OrderStatus.PARTIALLY_SHIPPED, after=1, units=3, shipped=2))
    assert shop.level() == (3, 1, 2)
    shop.land(order(OrderStatus.SHIPPED, after=2, units=3, shipped=3))
    assert shop.level() == (2, 0, 2)
    moves = StockMove.objects.filter(kind="shipment").order_by("pk")
    assert list(moves.values_list("quantity", "reference", "happened_at")) == [
        (-2, "O-1", NOON + HOUR), (-1, "O-1", NOON + 2 * HOUR),
    ]  # fmt: skip


def test_it_releases_what_is_cancelled(shop):
    shop.move(5)
    shop.land(order(units=3))
    shop.land(order(units=3, after=1, cancelled=1))
    assert shop.level() == (5, 2, 3)
    shop.land(order(OrderStatus.CANCELLED, after=2, units=3, cancelled=3))
    assert shop.level() == (5, 0, 5)


def test_it_leaves_orders_alone_that_the_marketplace_ships(shop):
    shop.move(5)
    shop.land(factories.order(fulfilment=Fulfilment.MARKETPLACE))
    assert shop.level() == (5, 0, 5)
    assert Shortage.objects.count() == 0


def test_it_keeps_an_order_that_comes_when_nothing_is_left_as_a_shortage_and_serves_it_from_the_next_delivery(shop):
    shop.move(3)
    shop.land(order(name="O-1"), order(name="O-2"))
    assert shop.level() == (3, 3, 0)
    lack = Shortage.objects.get()
    assert (lack.missing, lack.order_line.order_ref) == (1, "O-2")
    shop.move(4)
    lack.refresh_from_db()
    assert (shop.level(), lack.units) == ((7, 4, 3), 0)


def test_it_gives_what_one_order_releases_to_the_one_that_waits(shop):
    shop.move(2)
    shop.land(order(name="O-1"))
    shop.land(order(name="O-2"))
    shop.land(order(OrderStatus.CANCELLED, after=1, name="O-1", cancelled=2))
    assert list(Reservation.objects.filter(held__gt=0).values_list("order_line__order_ref", "held")) == [("O-2", 2)]
    assert not Shortage.objects.filter(units__gt=0).exists()


def test_it_gives_back_what_was_not_paid_for_in_time_and_serves_the_order_again_when_it_is_paid(shop, noon):
    HoldTerm.objects.create(marketplace=shop.account.marketplace, hours=24)
    HoldTerm.objects.create(marketplace="", hours=1)
    shop.move(5)
    shop.land(order(OrderStatus.PENDING))
    assert Reservation.objects.get().expires_at == NOON + 24 * HOUR
    with clock.frozen(NOON + 23 * HOUR):
        assert (reservations.expire(), shop.level()) == ({"orders": 0}, (5, 2, 3))
    with clock.frozen(NOON + 25 * HOUR):
        assert (reservations.expire(), shop.level()) == ({"orders": 1}, (5, 0, 5))
        shop.land(order(OrderStatus.PENDING, after=25))
        assert shop.level() == (5, 0, 5)
        shop.land(order(OrderStatus.TO_SHIP, after=26))
        assert (shop.level(), Reservation.objects.get().expires_at) == ((5, 2, 3), None)


def test_it_reserves_from_the_first_warehouse_and_then_from_the_next(shop):
    second = warehouse("cologne")
    feed(shop.account, second, priority=2)
    shop.move(1)
    move(second, shop.sku, 5)
    shop.land(order())
    assert dict(Reservation.objects.values_list("warehouse__code", "held")) == {"berlin": 1, "cologne": 1}
    shop.land(order(OrderStatus.SHIPPED, after=1, shipped=2))
    moves = StockMove.objects.filter(kind="shipment")
    assert dict(moves.values_list("warehouse__code", "quantity")) == {"berlin": -1, "cologne": -1}


def test_it_reserves_nothing_for_an_account_that_no_warehouse_feeds(shop):
    shop.move(5)
    other = factories.account("other")
    sinks.orders([order()], factories.source(other))
    assert (shop.level(), Shortage.objects.count()) == ((5, 0, 5), 0)


def test_it_does_not_ship_again_what_had_shipped_before_the_ledger_fed_the_account(shop):
    shop.account.feeds.update(starts_at=NOON + HOUR)
    shop.move(9)
    shop.land(order(OrderStatus.PARTIALLY_SHIPPED, units=3, shipped=1))
    assert shop.level() == (9, 2, 7)
    shop.land(order(OrderStatus.SHIPPED, units=3, shipped=3, after=2))
    assert shop.level() == (7, 0, 7)


def test_it_reserves_for_a_line_when_its_product_is_linked(shop):
    shop.move(5)
    shop.land(factories.order(lines=(factories.order_line(sku="ODD-NAME"),)))
    assert shop.level() == (5, 0, 5)
    name = RemoteProduct.objects.get(remote_id="ODD-NAME")
    remote.link(name, shop.sku, by="olga")
    parked.reprocess(shop.account.pk, [name.pk])
    assert shop.level() == (5, 2, 3)
    other = products.create(code="MUG-RED", title="Red mug")
    move(shop.house, other, 1)
    remote.link(name, other, by="olga", instead_of=shop.sku)
    parked.reprocess(shop.account.pk, [name.pk])
    assert shop.level() == (5, 0, 5)
    assert list(Reservation.objects.filter(held__gt=0).values_list("sku__code", "held")) == [("MUG-RED", 1)]


VERSIONS = [
    order(OrderStatus.PENDING),
    order(OrderStatus.TO_SHIP, after=1),
    order(OrderStatus.PARTIALLY_SHIPPED, after=2, shipped=1),
    order(OrderStatus.SHIPPED, after=3, shipped=1, cancelled=1),
]


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(st.sampled_from(VERSIONS), max_size=2), last=st.permutations(VERSIONS))
def test_it_ends_in_the_same_state_whatever_the_order_and_repetition_of_versions(shop, told, last):
    name = f"O-{StockMove.objects.count()}-{Reservation.objects.count()}"
    before = move(shop.house, shop.sku, 5) and shop.level()
    with clock.frozen(NOON):
        for version in [*told, *last]:
            shop.land(replace(version, external_id=name))
    on_hand, reserved, _ = shop.level()
    assert (on_hand - before[0], reserved - before[1]) == (-1, 0)


LINES = st.builds(
    Line,
    id=st.integers(1, 6),
    account_id=st.integers(1, 2),
    sku_id=st.integers(1, 2),
    to_hold=st.integers(0, 4),
    gone=st.integers(0, 3),
    ordered_at=st.integers(0, 3).map(lambda hours: datetime(2026, 1, 1, hours, tzinfo=UTC)),
)
SHELVES = st.dictionaries(st.tuples(st.integers(1, 2), st.integers(1, 2)), st.integers(0, 5))


@settings(max_examples=60)
@given(
    lines=st.lists(LINES, unique_by=lambda line: line.want),
    told=st.dictionaries(
        st.tuples(st.integers(1, 6), st.integers(1, 2), st.integers(1, 2)),
        st.builds(Claim, st.integers(0, 3), st.integers(0, 2)),
    ),
    free=SHELVES,
)  # fmt: skip
def test_it_promises_no_unit_twice_and_loses_none(lines, told, free):
    feeds = {1: [1, 2], 2: [2]}
    claims = defaultdict(dict)
    for (line, sku, house), claim in told.items():
        claims[line, sku][sku, house] = claim
    made = plan(lines, claims, free, feeds)
    mine = {line.want: claims.get(line.want, {}) for line in lines}
    had = sum(free.values()) + sum(c.held for has in mine.values() for c in has.values())
    kept = sum(made.free.values()) + sum(c.held for has in made.claims.values() for c in has.values())
    assert had == kept + sum(made.leaving.values())
    assert min(made.free.values(), default=0) >= 0
    for line in lines:
        held = sum(c.held for c in made.claims[line.want].values())
        assert held + made.lacking[line.want].missing == line.to_hold
        nothing_left = all(not made.free.get((line.sku_id, house)) for house in feeds[line.account_id])
        assert made.lacking[line.want] == Lack(0, 0) or nothing_left
    again = plan(lines, made.claims, made.free, feeds)
    assert (again.claims, dict(again.leaving), again.lacking) == (made.claims, {}, made.lacking)


def test_it_changes_nothing_when_it_is_repeated(shop):
    shop.move(5)
    shop.land(order())
    changed = Reservation.objects.get().changed_at
    reserve_orders(shop.account.pk, [Reservation.objects.get().order_line.order_id])
    assert Reservation.objects.get().changed_at == changed
