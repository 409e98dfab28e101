"""Units on hand: the last delivery less what was sold since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache

from marketplaces.canonical import Fulfilment
from marketplaces.sandbox import assortment, shelf_troubles
from marketplaces.sandbox.facts import WorldProduct, WorldStock
from marketplaces.sandbox.stage import Stage

CYCLE_DAYS = 21
TRAVEL_DAYS = 6
WEEKS = (4, 5, 7, 9, 11, 13, 16, 28)
"""How long a delivery lasts: some products are always short, some lie long."""

SoldThrough = Callable[[int], Mapping[int, int]]  # a day -> units sold since day 0 by product serial


def restocked_on(stage: Stage, product: WorldProduct, day: int) -> int:
    """The day of the latest delivery, never before day 0."""
    phase = _phase(stage, product.serial)
    return max(0, (day + phase) // CYCLE_DAYS * CYCLE_DAYS - phase)


@lru_cache(maxsize=8192)
def _phase(stage: Stage, serial: int) -> int:
    return stage.pick(0, CYCLE_DAYS - 1, "delivery", serial)


@lru_cache(maxsize=8192)
def capacity(stage: Stage, product: WorldProduct) -> int:
    """Units after a delivery: some weeks of demand, with a floor."""
    share = assortment.popularity(product) / _everything(stage)
    days = 7 * WEEKS[stage.pick(0, len(WEEKS) - 1, "weeks", product.serial)]
    return stage.pick(4, 12, "capacity", product.serial) + round(share * stage.account.orders_per_day * 1.6 * days)


def on_hand(stage: Stage, product: WorldProduct, day: int, sold_through: SoldThrough) -> int:
    """Units at the end of a day; never below zero."""
    sold = _sold(product, restocked_on(stage, product, day), day, sold_through)
    return max(0, capacity(stage, product) - sold)


def deliveries(
    stage: Stage, product: WorldProduct, span: range, sold_through: SoldThrough
) -> Iterator[tuple[int, int]]:
    """Days within a span on which what was sold since the delivery before came again, with the units; never on day 0."""
    for day in span:
        if day > 0 and restocked_on(stage, product, day) == day:
            units = _sold(product, restocked_on(stage, product, day - 1), day - 1, sold_through)
            if units > 0:
                yield day, units


def _sold(product: WorldProduct, first: int, last: int, sold_through: SoldThrough) -> int:
    return sold_through(last).get(product.serial, 0) - sold_through(first - 1).get(product.serial, 0)


def pool(stage: Stage, day: int, sold_through: SoldThrough) -> list[WorldStock]:
    """The marketplace's own warehouse, one row per product that it ships."""
    if not stage.account.pool:
        return []
    offered = {p.serial: p for store in stage.stores for p in assortment.listed(stage, store)}
    ours = [p for p in offered.values() if assortment.fulfilment(stage, p) == Fulfilment.MARKETPLACE]
    rows = (_row(stage, product, day, sold_through) for product in sorted(ours, key=lambda product: product.serial))
    return [shelf_troubles.bend(stage, row, day) for row in rows]


def unit_days(stage: Stage, days: range, sold_through: SoldThrough) -> Iterator[tuple[WorldProduct, int]]:
    """What lay in the pool of each product, sellable or promised, every day of the span added up."""
    sums: dict[WorldProduct, int] = defaultdict(int)
    for day in days:
        for row in pool(stage, day, sold_through):
            sums[row.product] += row.available + row.reserved
    yield from sums.items()


def _row(stage: Stage, product: WorldProduct, day: int, sold_through: SoldThrough) -> WorldStock:
    latest = restocked_on(stage, product, day)
    next_delivery = latest + CYCLE_DAYS
    available = on_hand(stage, product, day, sold_through)
    return WorldStock(
        product=product,
        pool=stage.account.pool,
        store=None,
        available=available,
        reserved=_sold(product, day, day, sold_through),
        inbound=capacity(stage, product) - available if next_delivery - day <= TRAVEL_DAYS else 0,
        unsellable=0,
        changed_at=stage.start_of(day) + timedelta(minutes=5),
        ages=((day - latest, available),) if available else (),
    )


@lru_cache(maxsize=64)
def _everything(stage: Stage) -> float:
    return sum(assortment.popularity(product) for product in assortment.products(stage.seed, stage.client))
