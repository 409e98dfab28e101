"""The demo's own warehouses: what lay there when the books of stock began, and the deliveries of the world that follow.

They begin some weeks before the history ends: a client who comes with old orders counts what lies there, and reserves from then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial

from django.conf import settings

from catalog.models import Sku
from config.core import clock
from inventory.models import Feed, MoveKind, StockMove, Warehouse
from inventory.offering import RuleKind
from inventory.services import allocation, stock
from inventory.services.stock import Move
from marketplaces.canonical import Fulfilment
from marketplaces.models import Account
from marketplaces.sandbox import assortment
from marketplaces.sandbox import stock as world_stock
from marketplaces.sandbox.facts import WorldProduct
from marketplaces.sandbox.listings import SHOWN_MOST
from marketplaces.sandbox.stage import Stage
from marketplaces.sandbox.world import World

BY = "demo"
MAIN, OVERFLOW = "main", "overflow"
HOUSES = {MAIN: "Main warehouse", OVERFLOW: "Overflow warehouse"}
OVERFLOW_EVERY, OVERFLOW_UNITS = 5, 12
LOOK_BACK_DAYS = 15
DAYS_OF_BOOKS = 34
_DAWN = time(6)


def open_warehouses(world: World) -> None:
    """Two warehouses that feed every account once the books of stock begin; safe to repeat."""
    houses = {
        code: Warehouse.objects.get_or_create(
            code=code, defaults={"label": label, "pool": "merchant", "fulfilment": Fulfilment.MERCHANT}
        )[0]
        for code, label in HOUSES.items()
    }
    fed = set(Feed.objects.values_list("account__key", "warehouse__code"))
    for account in Account.objects.filter(key__in=world.stages):
        for priority, (code, house) in enumerate(houses.items(), 1):
            if (account.key, code) not in fed:
                allocation.feed(account, house, priority=priority, starts_at=_dawn(world, _first_day()))


def receive(world: World, day: int) -> int:
    """Book what was counted when the books began, and the deliveries up to a day of the world; returns how many are new."""
    if day < _first_day():
        return 0
    houses = {house.code: house for house in Warehouse.objects.filter(code__in=HOUSES)}
    house = houses[MAIN]
    counted = [] if StockMove.objects.exists() else list(_opening(world, houses))
    ids = dict(Sku.objects.values_list("code", "pk"))
    units: Counter[tuple[str, int]] = Counter()
    days = range(max(day - LOOK_BACK_DAYS, _first_day()), day + 1)
    for stage, product in _own(world):
        sold = partial(world.sold_through, stage.account.key)
        for came, count in world_stock.deliveries(stage, product, days, sold):
            units[product.sku, came] += count
    moves = [
        Move(
            warehouse_id=house.pk, sku_id=ids[code], kind=MoveKind.RECEIPT, quantity=count, key=f"delivery:{code}:{came}",
            happened_at=_morning(world, came), reference=f"delivery of day {came}",
        )
        for (code, came), count in sorted(units.items())
        if code in ids
    ]  # fmt: skip
    return stock.move(counted + moves, by=BY)


def publish() -> None:
    """From now on one account's quantities come from here, no more of each than buyers were shown; others follow by hand."""
    allocation.limit(RuleKind.MAXIMUM, SHOWN_MOST, by=BY, note="buyers never see more")
    first = Account.objects.filter(feeds__isnull=False).order_by("key").first()
    for row in Feed.objects.filter(is_publishing=False, account=first).select_related("account", "warehouse"):
        allocation.feed(row.account, row.warehouse, priority=row.priority, is_publishing=True)


def _opening(world: World, houses: dict[str, Warehouse]) -> Iterator[Move]:
    ids = dict(Sku.objects.values_list("code", "pk"))
    units: Counter[tuple[str, str]] = Counter()
    for stage, product in _own(world):
        units[product.sku, MAIN] += world_stock.capacity(stage, product)
        if product.serial % OVERFLOW_EVERY == 0:
            units[product.sku, OVERFLOW] = OVERFLOW_UNITS
    for (code, house), count in sorted(units.items()):
        if code in ids:
            yield Move(
                warehouse_id=houses[house].pk, sku_id=ids[code], kind=MoveKind.OPENING, quantity=count,
                key=f"opening:{house}:{code}", happened_at=_morning(world, _first_day()), note="counted when the books began",
            )  # fmt: skip


def _own(world: World) -> Iterator[tuple[Stage, WorldProduct]]:
    """What the client ships itself: each account with each product that it offers from its own shelves."""
    accounts = set(Account.objects.filter(key__in=world.stages).values_list("key", flat=True))
    for stage in (stage for key, stage in world.stages.items() if key in accounts):
        offered = {product.serial: product for store in stage.stores for product in assortment.listed(stage, store)}
        for product in offered.values():
            if assortment.fulfilment(stage, product) == Fulfilment.MERCHANT:
                yield stage, product


def _first_day() -> int:
    """The day of the world on which the books of stock begin."""
    return max(0, settings.DEMO_DAYS - DAYS_OF_BOOKS)


def _morning(world: World, day: int) -> datetime:
    return min(_dawn(world, day), clock.now())


def _dawn(world: World, day: int) -> datetime:
    return datetime.combine(world.origin + timedelta(days=day), _DAWN, clock.now().tzinfo)
