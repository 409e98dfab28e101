"""Many at once on real PostgreSQL: nothing is promised twice, whoever is first, slow, repeated or killed."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from catalog.services import bundles, products
from config.core import tenancy
from inventory import sinks
from inventory.models import Holding, MoveKind, Order, OrderLine, Reservation, Shortage, StockMove
from inventory.services import stock
from marketplaces.canonical import OrderStatus
from tests import factories
from tests.factories import NOON
from tests.inventory.conftest import Shop, feed, move, warehouse

pytestmark = pytest.mark.django_db(transaction=True)

LAW = """
SELECT count(*) FROM inventory_holding held
WHERE held.on_hand <> (SELECT coalesce(sum(quantity), 0) FROM inventory_stockmove move
                       WHERE (move.sku_id, move.warehouse_id) = (held.sku_id, held.warehouse_id))
   OR held.reserved <> (SELECT coalesce(sum(claim.held), 0) FROM inventory_reservation claim
                        WHERE (claim.sku_id, claim.warehouse_id) = (held.sku_id, held.warehouse_id))
   OR held.available < 0
"""


def broken_levels():
    """Levels that are not the sum of their moves and reservations, in one snapshot; each must be none at any moment."""
    with connection.cursor() as cursor:
        cursor.execute(LAW)
        return cursor.fetchone()[0]


def at_home(work, *arguments):
    """Do some work for client north on a connection of this thread's own."""
    with tenancy.in_tenant("north"):
        try:
            return work(*arguments)
        finally:
            connection.close()


def test_it_gives_one_unit_to_exactly_one_of_fifty_orders_at_once(north):
    shop = Shop()
    shop.account.feeds.all().delete()
    shop.move(1)
    shop.land(*(factories.order(f"O-{n}", lines=(factories.order_line(quantity=1),)) for n in range(50)))
    feed(shop.account, shop.house)
    start = threading.Barrier(50, timeout=20)

    def reserve(order_id):
        start.wait()
        stock.reserve_orders(shop.account.pk, [order_id])

    with ThreadPoolExecutor(50) as pool:
        told = [pool.submit(at_home, reserve, pk) for pk in Order.objects.values_list("pk", flat=True)]
    for each in told:
        each.result()
    assert Reservation.objects.filter(held=1).count() == Reservation.objects.count() == 1
    assert Shortage.objects.filter(missing=1).count() == Shortage.objects.count() == 49
    assert (shop.level(), broken_levels()) == ((1, 1, 0), 0)


class Market:
    """Two accounts that sell three SKUs and a set of them from two warehouses: what happens in them, to be told in any order."""

    def __init__(self, chance):
        self.chance = chance
        self.accounts = [factories.account(f"shop-{n}") for n in range(2)]
        self.houses = [warehouse(code) for code in ("berlin", "cologne")]
        self.skus = [products.create(code=f"MUG-{n}", title="Mug") for n in range(3)]
        self.sold = [*self.skus, products.create(code="SET", title="Three mugs")]
        bundles.compose(self.sold[-1], {"MUG-0": 1, "MUG-1": 2}, by="olga")
        for account in self.accounts:
            for priority, house in enumerate(self.houses):
                feed(account, house, priority=priority)
        for house in self.houses:
            for sku in self.skus:
                move(house, sku, 12, MoveKind.OPENING)

    def news(self):
        """Every version of two dozen orders, some twice, and deliveries and counts among them."""
        told = [each for n in range(24) for each in self._versions(n)]
        told += self.chance.sample(told, 10)
        told += [("move", kind, n) for n, kind in enumerate([MoveKind.RECEIPT] * 8 + [MoveKind.CORRECTION] * 4)]
        self.chance.shuffle(told)
        return told

    def _versions(self, number):
        account = self.accounts[number % 2]
        units = self.chance.randint(1, 3)
        lines = tuple(
            factories.order_line(f"L{sku.pk}", sku=sku.code, quantity=units)
            for sku in self.chance.sample(self.sold, self.chance.randint(1, 3))
        )
        last = self.chance.choice([OrderStatus.SHIPPED, OrderStatus.CANCELLED, OrderStatus.TO_SHIP])
        gone = {OrderStatus.SHIPPED: {"quantity_shipped": units}, OrderStatus.CANCELLED: {"quantity_cancelled": units}}
        ended = tuple(replace(line, **gone.get(last, {})) for line in lines)
        first = factories.order(f"O-{number}", status=OrderStatus.PENDING, lines=lines)
        yield "order", account, first
        yield "order", account, replace(first, status=OrderStatus.TO_SHIP, changed_at=NOON + timedelta(hours=1))
        yield "order", account, replace(first, status=last, lines=ended, changed_at=NOON + timedelta(hours=2))

    def tell(self, kind, what, how):
        if kind == "order":
            sinks.orders([how], factories.source(what))
        else:
            units = -1 if what == MoveKind.CORRECTION else 2
            move(self.houses[how % 2], self.skus[how % 3], units, what, key=f"move:{how}")


KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND query NOT LIKE '%%on_hand <>%%'
ORDER BY random() LIMIT 1
"""
MOST_KILLS = 30  # on a busy machine a transaction may take longer than the time between two kills, and would never end


class Chaos:
    """Somebody who ends a session in its transaction again and again, and somebody who reads the levels all the time."""

    def __init__(self):
        self.over, self.kills, self.broken = threading.Event(), 0, []

    def kill(self):
        while self.kills < MOST_KILLS and not self.over.wait(0.04):
            with connection.cursor() as cursor:
                cursor.execute(KILL)
                self.kills += len(cursor.fetchall())

    def watch(self):
        while not self.over.wait(0.02):
            self.broken.append(broken_levels())


def until_done(market, number, news):
    """What a killed worker left undone is done again by the next one; some are slower than others.

    A session that was ended while others heard of a commit is noticed at the next statement only.
    """
    time.sleep(0.002 * (number % 5))
    while True:
        try:
            with tenancy.in_tenant("north"), transaction.atomic():
                return market.tell(*news)
        except (OperationalError, InterfaceError, TransactionManagementError):
            connection.close()


def test_it_keeps_the_law_at_every_moment_while_workers_race_and_are_killed(north):
    market, chaos = Market(random.Random(7)), Chaos()  # noqa: S311 - a race that can be told again
    with ThreadPoolExecutor(8) as pool:
        helpers = [pool.submit(at_home, helper) for helper in (chaos.kill, chaos.watch)]
        told = [pool.submit(until_done, market, *each) for each in enumerate(market.news())]
        wait(told)
        chaos.over.set()
    for each in (*told, *helpers):
        each.result()
    assert (len(chaos.broken) > 5, set(chaos.broken), chaos.kills > 2) == (True, {0}, True)
    stock.reserve_orders(0, list(Order.objects.values_list("pk", flat=True)))
    assert broken_levels() == 0
    _check_promises()


def _check_promises():
    """Each open piece is held or missing, each shipped one left the shelf or is unbacked; nothing waits beside free stock."""
    for line in OrderLine.objects.prefetch_related("reservations", "shortages", "sku__parts"):
        for sku, pieces in {part.component_id: part.quantity for part in line.sku.parts.all()}.items() or [
            (line.sku_id, 1)
        ]:
            claims = [claim for claim in line.reservations.all() if claim.sku_id == sku]
            lacks = [lack for lack in line.shortages.all() if lack.sku_id == sku]
            missing = sum(lack.missing for lack in lacks)
            assert sum(claim.held for claim in claims) + missing == line.quantity_open * pieces
            unbacked = sum(lack.unbacked + lack.absorbed for lack in lacks)
            assert sum(claim.shipped for claim in claims) + unbacked == line.quantity_shipped * pieces
    waiting = set(Shortage.objects.filter(missing__gt=0).values_list("sku", flat=True))
    assert not Holding.objects.filter(sku__in=waiting, available__gt=0).exists()
    shipped = StockMove.objects.filter(kind=MoveKind.SHIPMENT)
    assert len({each.key for each in shipped}) == len(shipped)
